// SPDX-License-Identifier: MIT
'use strict';
const assert = require('node:assert/strict');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const { test } = require('node:test');

const jig = require('jig-fixture');
const { daemonAnd, sh, sleep, sleeper, until } = require('./support.js');

const { startFixture } = jig;
const SERVER = path.join(__dirname, 'server.js');
const serve = `exec '${process.execPath}' '${SERVER}' --port {port:web}`;
const web = { ports: ['web'], ready: 'http:{web}/health' };

const get = (url) =>
  new Promise((resolve, reject) => {
    http
      .get(url, { agent: false }, (response) => {
        let text = '';
        response.on('data', (part) => (text += part)).on('end', () => resolve(text));
      })
      .on('error', reject);
  });

test('a server is ready, has an address, says its lines, and is stopped', async () => {
  const server = await startFixture(serve, web);
  assert.equal(await get(`http://${server.addr.web}/`), 'hello\n');
  assert.equal(server.addr.web, `127.0.0.1:${server.port.web}`);
  assert.ok(server.pid > 1 && server.readyAfter > 0);
  await until(() => server.logs().includes('serves\n'), 'its output has come');
  const report = await server.stop();
  assert.deepEqual([server.exitCode, server.signalCode], [null, 'SIGTERM']);
  assert.equal(report.main.pid, server.pid);
  assert.equal(server.hasEnded, true);
});

test('Symbol.asyncDispose stops it, with its daemons', async () => {
  const server = await startFixture(daemonAnd(`exec ${sleep}`), { ready: 'log:up' });
  await server[Symbol.asyncDispose]();
  assert.equal(server.report.survivor_count, 0);
  assert.equal(server.hasEnded, true);
});

test('a second stop, and a stop after the end, have no other effect', async () => {
  const server = await startFixture(sleeper);
  const [one, other] = await Promise.all([server.stop(), server.stop()]);
  assert.equal(one, other);
  assert.equal(await server.stop(), one);
});

test('wait() tells the status', async () => {
  const server = await startFixture(sh('exit 7'));
  const { exitCode, signalCode, report } = await server.wait();
  assert.deepEqual([exitCode, signalCode, report.reason], [7, null, 'exit']);
});

test('wait() tells what was left over', async () => {
  const server = await startFixture(daemonAnd('exit 0'), { ready: [] });
  assert.equal((await server.wait()).report.leftover_count, 1);
});

test('a command that ends before it is ready: the error has its last lines', async () => {
  const error = await startFixture(sh('echo one; echo two >&2; exit 3'), { ready: 'tcp:1' }).catch(
    (caught) => caught,
  );
  assert.ok(error instanceof jig.ExitedBeforeReady && error instanceof jig.StartError);
  assert.match(error.message, /exited with status 3/);
  assert.match(error.message, /^ {2}one$/m);
  assert.match(error.message, /^ {2}two$/m);
  assert.deepEqual([error.code, error.exitCode, error.name], ['ECHILD', 3, 'ExitedBeforeReady']);
  assert.equal(error.report.main.exit_status, 3);
});

test('no control character of its output is in the message', async () => {
  const failing = sh("printf 'a\\033[2Jb\\n'; exit 1");
  const error = await startFixture(failing, { ready: 'tcp:1' }).catch((caught) => caught);
  assert.match(error.message, /^ {2}a\?\[2Jb$/m);
  assert.equal(error.logs, 'a\x1b[2Jb\n');
});

test('a command that is not ready in time is stopped', async () => {
  const options = { ready: 'file:/nonexistent', startTimeout: 200 };
  const error = await startFixture(sleeper, options).catch((caught) => caught);
  assert.ok(error instanceof jig.ReadyTimeout);
  assert.equal(error.code, 'ETIME');
  assert.match(error.message, /200 ms/);
});

test('a program that is not there', async () => {
  await assert.rejects(startFixture(['no-such-program']), (error) => {
    assert.ok(error instanceof jig.SpawnFailed);
    assert.equal(error.code, 'ENOENT');
    return true;
  });
});

test('a wrong option is a TypeError that names it as it was given', async () => {
  const code = 'ERR_INVALID_ARG_VALUE';
  await assert.rejects(startFixture(sleeper, { startTimeout: 'soon' }), {
    name: 'TypeError',
    code,
    message: /^startTimeout: /,
  });
  await assert.rejects(startFixture(sleeper, { redy: 'tcp:1' }), {
    name: 'TypeError',
    code,
    message: /^redy: .*ready/,
  });
  await assert.rejects(startFixture(5), TypeError);
  await assert.rejects(startFixture([]), TypeError);
});

test('an AbortSignal ends the wait for ready', async () => {
  const controller = new AbortController();
  const starting = startFixture(sleeper, { ready: 'file:/nonexistent', signal: controller.signal });
  setImmediate(() => controller.abort());
  await assert.rejects(starting, { name: 'AbortError' });
});

test('an AbortSignal stops a fixture that is ready', async () => {
  const controller = new AbortController();
  const server = await startFixture(sleeper, { signal: controller.signal });
  controller.abort();
  assert.equal((await server.wait()).signalCode, 'SIGTERM');
});

test('an AbortSignal that is aborted starts nothing', async () => {
  const signal = AbortSignal.abort(new Error('no'));
  await assert.rejects(startFixture(sleeper, { signal }), { message: 'no' });
});

test('an AbortSignal and a program that is not there', async () => {
  const controller = new AbortController();
  const starting = startFixture(['no-such-program'], { signal: controller.signal });
  controller.abort();
  await assert.rejects(starting, { name: /SpawnFailed|AbortError/ });
});

test('a loop over a fixture has each line, and ends with it', async () => {
  const server = await startFixture(sh('echo 1; echo 2; printf 3'));
  const lines = [];
  for await (const line of server) lines.push(line);
  assert.deepEqual(lines, ['1', '2', '3']);
  const again = [];
  for await (const line of server.lines('stdout')) again.push(line);
  assert.deepEqual(again.at(-1), { stream: 'stdout', text: '3' });
});

test('lines() of one stream', async () => {
  const server = await startFixture(sh('echo out; echo err >&2'));
  const lines = [];
  for await (const { text } of server.lines('stderr')) lines.push(text);
  assert.deepEqual(lines, ['err']);
});

test('a loop that is left early leaves the fixture alone', async () => {
  const server = await startFixture(sh(`echo 1; echo 2; exec ${sleep}`));
  for await (const line of server) {
    assert.equal(line, '1');
    break;
  }
  assert.equal(server.hasEnded, false);
  await server.stop();
});

test('logs() keeps the last bytes, and gives the last lines', async () => {
  const script = 'i=0; while [ $i -lt 1000 ]; do echo line $i; i=$((i + 1)); done';
  const server = await startFixture(sh(script), { logSize: 100 });
  await server.wait();
  assert.ok(server.logs().length <= 100);
  assert.equal(server.logs(2), 'line 998\nline 999\n');
  assert.equal(server.logs(0), '');
});

test('a character that comes in two pieces is one', async () => {
  const server = await startFixture(sh("printf '\\303'; printf '\\244\\n'"));
  await server.wait();
  assert.equal(server.logs(), 'ä\n');
});

test('it can read what is written to it', async () => {
  const server = await startFixture(sh('read a; echo got $a; cat'), { stdin: 'pipe' });
  await server.write('one\n');
  await server.write(Buffer.from('two'));
  await server.end();
  await server.wait();
  assert.equal(server.logs(), 'got one\ntwo\n');
});

test('writes of any size come in their order', async () => {
  const server = await startFixture(sh('wc -c; echo end'), { stdin: 'pipe' });
  const writes = [server.write('x'.repeat(3 << 20)), server.write(''), server.write('y')];
  await Promise.all([...writes, server.end()]);
  await server.wait();
  assert.equal(server.logs(), `${(3 << 20) + 1}\nend\n`);
  await assert.rejects(server.write('after the end'), { name: /Refused|AgentError/ });
});

test('a line without an end is kept within the limit', async () => {
  const server = await startFixture(sh('head -c 100000 /dev/zero | tr "\\0" x'), { logSize: 1000 });
  await server.wait();
  assert.match(server.logs(), /^x+\n(x+\n)*$/);
  assert.ok(server.logs().length < 100_000);
});

test('what the protocol cannot carry is refused, and the agent goes on', async () => {
  const large = { env: { LARGE: 'x'.repeat(1 << 20) } };
  await assert.rejects(startFixture(sleeper, large), { name: 'RangeError', message: /1 MiB/ });
  await assert.rejects(startFixture(['echo', '\ud800']), { name: 'TypeError', message: /surrogate/ });
  await assert.rejects(startFixture(['echo', 'a\0b']), { name: 'TypeError', message: /NUL/ });
  const server = await startFixture(sh("echo '\\ud800 😀'"));
  await server.wait();
  assert.equal(server.logs(), '\\ud800 😀\n');
});

test('a terminal has the size that it was given', async () => {
  const options = { pty: { rows: 7, columns: 50 } };
  const server = await startFixture(sh('stty size'), options);
  await server.wait();
  assert.equal(server.logs().trim(), '7 50');
});

test('names in env are replaced as in the command', async () => {
  const env = { URL: 'http://{web}/{port:web}', ADDR: '{addr:web}', OTHER: '{x} ${web} {"a": 1}' };
  const options = { ports: ['web'], env, ready: 'log:end' };
  const server = await startFixture('echo "$URL $ADDR $OTHER"; echo end; exec ' + sleep, options);
  const { web: addr } = server.addr;
  const said = `http://${addr}/${server.port.web} ${addr} ${env.OTHER}\n`;
  assert.ok(server.logs().includes(said), server.logs());
  await server.stop();
});

test('restart() keeps the addresses', async () => {
  const options = { ...web, listen: { other: '127.0.0.1:0' } };
  const server = await startFixture(serve, options);
  const { pid, addr } = server;
  const before = { ...addr };
  await server.restart();
  assert.notEqual(server.pid, pid);
  assert.deepEqual(server.addr, before);
  assert.equal(await get(`http://${server.addr.web}/`), 'hello\n');
  assert.equal(server.hasEnded, false);
  await server.stop();
});

test('restart() of one that has ended, and one that cannot start again', async () => {
  const once = `[ ! -e '${process.cwd()}/once' ] || exit 5; exec ${sleep}`;
  const server = await startFixture(sh(once), { ready: 'delay:50ms' });
  fs.writeFileSync('once', '');
  await assert.rejects(server.restart(), { name: 'ExitedBeforeReady', exitCode: 5 });
  assert.equal(server.hasEnded, true);
  fs.unlinkSync('once');
  await server.restart();
  await server.stop();
});

test('signals go to the main process, or to all', async () => {
  const server = await startFixture(sh(`trap '' USR1; echo up; ${sleep} & wait $!`), {
    ready: 'log:up',
  });
  await server.kill('SIGUSR1');
  assert.equal(server.hasEnded, false);
  await server.kill('SIGKILL', 'all');
  assert.equal((await server.wait()).signalCode, 'SIGKILL');
});

test('hurry() begins the next step of a stop', async () => {
  const stubborn = sh(`trap '' TERM; echo up; while :; do ${folderSleep()} 0.01; done`);
  const server = await startFixture(stubborn, { ready: 'log:up', grace: '1h' });
  const stopped = server.stop();
  server.hurry();
  await stopped;
  assert.equal(server.signalCode, 'SIGKILL');
});

const folderSleep = () => sleeper[0];

test('ps() shows its processes', async () => {
  const server = await startFixture(sleeper);
  const processes = await server.ps();
  assert.ok(processes.some((one) => one.pid === server.pid));
  await server.stop();
});

test('its environment and directory are those of now', async () => {
  process.env.JIG_TEST_NOW = 'now';
  const options = { env: { MORE: 1, HOME: undefined }, cwd: '/' };
  const server = await startFixture(sh('echo $JIG_TEST_NOW $MORE ${HOME-none} $PWD'), options);
  delete process.env.JIG_TEST_NOW;
  await server.wait();
  assert.equal(server.logs(), 'now 1 none /\n');
});

test('clearEnv leaves only its own environment', async () => {
  const server = await startFixture(['/usr/bin/env'], {
    clearEnv: true,
    env: { MORE: 'more', NONE: undefined },
  });
  await server.wait();
  assert.equal(server.logs(), 'MORE=more\n');
});

test('groups of a log probe', async () => {
  const server = await startFixture(sh(`echo port 77; exec ${sleep}`), {
    ready: 'log:port (?P<port>[0-9]+)',
  });
  assert.equal(server.match.port, '77');
  await server.stop();
});

test('an alternative probe', async () => {
  const server = await startFixture(sh(`echo up; exec ${sleep}`), { ready: ['tcp:1', '|log:up'] });
  await server.stop();
});

test('fifty at once share one agent', async () => {
  const all = await Promise.all(Array.from({ length: 50 }, () => startFixture(sleeper)));
  assert.equal(new Set(all.map((one) => one.pid)).size, 50);
  const parents = new Set(all.map((one) => parentOf(parentOf(parentOf(one.pid)))));
  assert.equal(parents.size, 1);
  await Promise.all(all.map((one) => one.stop()));
});

const parentOf = (pid) =>
  Number(fs.readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').pop().split(' ')[1]);

test('the death of the agent ends all fixtures, and the next one has another agent', async () => {
  const server = await startFixture(sleeper, { ready: [] });
  const waiting = startFixture(sleeper, { ready: 'file:/nonexistent' }).catch((caught) => caught);
  process.kill(parentOf(parentOf(parentOf(server.pid))), 'SIGKILL');
  const { exitCode, signalCode, problem } = await server.wait();
  assert.deepEqual([exitCode, signalCode], [null, null]);
  assert.match(problem, /ended by SIGKILL/);
  assert.equal((await waiting).name, 'AgentError');
  assert.equal(await server.stop(), null);
  const next = await startFixture(sleeper);
  await next.stop();
});

test('an agent without fixtures ends after a while, and a fixture can be started again', async () => {
  const server = await startFixture(sleeper);
  const agent = parentOf(parentOf(parentOf(server.pid)));
  await server.stop();
  await until(() => !fs.existsSync(`/proc/${agent}`), 'the agent has ended');
  assert.equal(await server.stop(), server.report);
  await server.restart();
  await server.stop();
});

test('the program of an option must be there', async () => {
  await assert.rejects(startFixture(sleeper, { jig: '/nonexistent/jig' }), { code: 'ENOENT' });
});
