// SPDX-License-Identifier: MIT

import java.io.*;
import java.util.regex.*;

/**
 * A client of `jig agent`, see jig-agent(7): start a server, wait until it is ready,
 * stop it. However this program ends, no process of the server is left. The JDK has no
 * JSON, so this takes what it needs out of the text.
 */
public class Client {
    final BufferedReader from;
    final PrintWriter to;
    int last;

    Client() throws IOException {
        String program = System.getenv().getOrDefault("JIG_PROGRAM", "jig");
        ProcessBuilder builder = new ProcessBuilder(program, "agent");
        Process agent = builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
        from = agent.inputReader();
        to = new PrintWriter(agent.outputWriter(), true);
        call("initialize", "{'protocol':1}");
    }

    String call(String method, String params) throws IOException {
        String head = "{\"jsonrpc\":\"2.0\",\"id\":" + ++last + ",";
        to.print(head + "\"method\":\"" + method + "\",\"params\":");
        to.print(params.replace('\'', '"') + "}\n");
        to.flush();
        for (String line; (line = from.readLine()) != null; ) {
            if (!line.startsWith(head)) continue; // a notification
            if (line.startsWith(head + "\"error\"")) throw new IOException(line);
            return line;
        }
        throw new EOFException("the agent has ended");
    }

    static String find(String text, String pattern) {
        Matcher matcher = Pattern.compile(pattern.replace('\'', '"')).matcher(text);
        return matcher.find() ? matcher.group(1) : "?";
    }

    public static void main(String[] words) throws IOException {
        Client agent = new Client();
        String server = "exec /usr/bin/python3 -m http.server -b 127.0.0.1 {port:web}";
        String started = agent.call("start", "{'fixture':'web','port':['web'],"
                + "'ready':'http:{web}/','command':'" + server + "'}");
        agent.call("wait", "{'fixture':'web'}");
        System.out.println("ready at " + find(started, "'web':\\{'address':'([^']*)'"));
        String ended = agent.call("stop", "{'fixture':'web','wait':true}");
        System.out.println("ended with " + find(ended, "'code':(\\d+)")
                + ", proved empty: " + find(ended, "'proved_empty': *(\\w+)"));
        System.exit(0);
    }
}
