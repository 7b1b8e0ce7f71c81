// SPDX-License-Identifier: MIT

//! A client of `jig agent`, see jig-agent(7): start a server, wait until it is ready,
//! stop it. However this program ends, no process of the server is left. The standard
//! library has no JSON, so this takes what it needs out of the text.

use std::io::{BufRead, BufReader, Write};
use std::process::{ChildStdin, ChildStdout, Command, Stdio};

struct Agent {
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    last: u32,
}

impl Agent {
    fn call(&mut self, method: &str, params: &str) -> String {
        self.last += 1;
        let head = format!(r#"{{"jsonrpc":"2.0","id":{},"#, self.last);
        let request = format!(r#"{head}"method":"{method}","params":{params}}}"#);
        writeln!(self.to, "{request}").expect("the agent runs");
        loop {
            let mut line = String::new();
            let size = self.from.read_line(&mut line).expect("text");
            assert!(size > 0, "the agent has ended");
            if line.starts_with(&head) {
                assert!(!line[head.len()..].starts_with(r#""error""#), "{line}");
                return line; // Others are notifications.
            }
        }
    }
}

/// What stands between `begin` and the next of `ends`.
fn between<'a>(text: &'a str, begin: &str, ends: &[char]) -> &'a str {
    let rest = &text[text.find(begin).expect(begin) + begin.len()..];
    &rest[..rest.find(ends).expect("an end")]
}

fn main() {
    let program = std::env::var("JIG_PROGRAM").unwrap_or("jig".into());
    let mut child = Command::new(program)
        .arg("agent")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("jig");
    let from = BufReader::new(child.stdout.take().unwrap());
    let mut agent = Agent { to: child.stdin.take().unwrap(), from, last: 0 };
    agent.call("initialize", r#"{"protocol":1}"#);
    let started = agent.call(
        "start",
        r#"{"fixture":"web","port":["web"],"ready":"http:{web}/",
            "command":"exec /usr/bin/python3 -m http.server -b 127.0.0.1 {port:web}"}"#
            .replace('\n', "")
            .as_str(),
    );
    agent.call("wait", r#"{"fixture":"web"}"#);
    println!("ready at {}", between(&started, r#""web":{"address":""#, &['"']));
    let ended = agent.call("stop", r#"{"fixture":"web","wait":true}"#);
    let code = between(&ended, r#""code":"#, &[',', '}']);
    let empty = between(&ended, r#""proved_empty": "#, &[',', '}']);
    println!("ended with {code}, proved empty: {empty}");
}
