// SPDX-License-Identifier: MIT
'use strict';
const assert = require('node:assert/strict');
const childProcess = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const { test } = require('node:test');

const jig = require('jig-fixture');
const { daemonAnd, sh, sleep, sleeper } = require('./support.js');

const both = [
  ['child_process', childProcess.spawn],
  ['jig', jig.spawn],
];

async function output(child) {
  const said = { stdout: '', stderr: '' };
  for (const name of Object.keys(said))
    child[name]?.setEncoding('utf8').on('data', (text) => (said[name] += text));
  // once() would reject on 'error', which some tests want.
  const [code, signal] = await new Promise((resolve) =>
    child.on('close', (...words) => resolve(words)),
  );
  return { ...said, code, signal };
}

/** What a test sees must be the same, with jig and without it. */
function same(name, body) {
  test(name, async () => {
    const seen = [];
    for (const [, spawn] of both) seen.push(await body(spawn));
    assert.deepEqual(seen[1], seen[0]);
  });
}

const script = (text, options) => (spawn) => {
  const [file, ...words] = sh(text);
  return output(spawn(file, words, options));
};

same('streams and the exit code', script('echo out; echo err >&2; exit 3'));
same('a signal that ends the command', script('kill -KILL $$'));
same('SIGTERM that the command handles', async (spawn) => {
  const [file, ...words] = sh(`trap 'exit 9' TERM; echo up; read a`);
  const child = spawn(file, words);
  const result = output(child);
  await once(child.stdout, 'data');
  assert.equal(child.kill(), true);
  assert.equal(child.killed, true);
  return result;
});
same('standard input', async (spawn) => {
  const child = spawn('cat');
  child.stdin.end('hello');
  return output(child);
});
same('a shell, with arguments', (spawn) => output(spawn('echo', ['a', '$((1+1))'], { shell: true })));
same('a shell of a name', (spawn) => output(spawn('echo $0', { shell: '/bin/bash' })));
same('options without arguments', (spawn) => output(spawn('pwd', { cwd: '/' })));
same('a URL as the directory', (spawn) => output(spawn('pwd', [], { cwd: new URL('file:///usr') })));
same('the environment', (spawn) => output(spawn('/usr/bin/env', [], { env: { A: '1', B: 'two' } })));
same('PATH of the environment', (spawn) =>
  output(spawn('sleep', ['0'], { env: { PATH: process.env.JIG_TEST_BIN } })),
);
same('more descriptors', async (spawn) => {
  const [file, ...words] = sh('echo three >&3; cat <&4');
  const child = spawn(file, words, { stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'] });
  child.stdio[4].end('four');
  let three = '';
  child.stdio[3].setEncoding('utf8').on('data', (text) => (three += text));
  return { ...(await output(child)), three };
});
same('a file as a stream', async (spawn) => {
  const fd = fs.openSync('out', 'w+');
  const [code] = await once(spawn('echo', ['x'], { stdio: ['ignore', fd, 'inherit'] }), 'close');
  fs.closeSync(fd);
  return [code, fs.readFileSync('out', 'utf8')];
});
same('IPC', async (spawn) => {
  const body = "process.on('message', (m) => { process.send([m, process.argv.length]); process.disconnect(); })";
  const child = spawn(process.execPath, ['-e', body], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  child.send({ a: 1 });
  const [message] = await once(child, 'message');
  return { message, ...(await output(child)) };
});
same('a program that is not there', async (spawn) => {
  const [error] = await once(spawn('no-such-program', ['x']), 'error');
  const { code, syscall, path, spawnargs, message } = error;
  return { code, syscall, path, spawnargs, message };
});
same('a file that may not be executed', async (spawn) => {
  const [error] = await once(spawn('/etc/passwd'), 'error');
  return [error.code, error.message];
});
same('a directory that is not there', async (spawn) => {
  const [error] = await once(spawn('true', { cwd: '/nonexistent' }), 'error');
  return [error.code, error.message];
});
same('a wrong argument', (spawn) => {
  try {
    return spawn(5);
  } catch (error) {
    return [error.code, error.message];
  }
});
same('a timeout', (spawn) => output(spawn(sleeper[0], ['1000'], { timeout: 100 })));
same('a timeout with SIGKILL', (spawn) =>
  output(spawn(sleeper[0], ['1000'], { timeout: 100, killSignal: 'SIGKILL' })),
);
same('an AbortSignal', async (spawn) => {
  const controller = new AbortController();
  const child = spawn(sleeper[0], ['1000'], { signal: controller.signal });
  const ended = output(child);
  const failed = once(child, 'error');
  await once(child, 'spawn');
  controller.abort();
  const [error] = await failed;
  return { name: error.name, ...(await ended) };
});
same('kill(SIGKILL)', async (spawn) => {
  const child = spawn(sleeper[0], ['1000']);
  const ended = output(child);
  await once(child, 'spawn');
  assert.equal(child.kill('SIGKILL'), true);
  const result = await ended;
  assert.equal(child.kill(), false);
  return [result, child.exitCode, child.signalCode];
});
same('kill(SIGKILL) at once', async (spawn) => {
  const child = spawn(sleeper[0], ['1000']);
  child.kill('SIGKILL');
  const result = await output(child);
  return [result, child.signalCode];
});
same('kill(0) and a signal that is handled', async (spawn) => {
  const [file, ...words] = sh('trap "echo usr1; exit 0" USR1; echo up; read a');
  const child = spawn(file, words);
  const ended = output(child);
  await once(child.stdout, 'data');
  assert.equal(child.kill(0), true);
  child.kill('SIGUSR1');
  return ended;
});
same('detached: a session of its own', async (spawn) => {
  const [file, ...words] = sh('read a b c d pgid sid rest </proc/$$/stat; echo $((pgid == sid)) ');
  const { stdout, code } = await output(spawn(file, words, { detached: true }));
  return [stdout, code];
});

test('it is a ChildProcess', async () => {
  const child = jig.spawn('true');
  assert.ok(child instanceof childProcess.ChildProcess);
  await once(child, 'exit');
});

test("'exit' comes when no process is left, also of daemons", async () => {
  const [file, ...words] = daemonAnd('exit 4');
  const child = jig.spawn(file, words, { jig: { stopSignal: 'KILL' } });
  const [code] = await once(child, 'exit');
  assert.equal(code, 4);
  const bin = process.env.JIG_TEST_BIN;
  const left = fs.readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && fs.readlinkSync(`/proc/${pid}/exe`) === `${bin}/sleep`;
    } catch {
      return false;
    }
  });
  assert.deepEqual(left, []);
});

test('SIGTERM ends the whole tree', async () => {
  const [file, ...words] = daemonAnd(`exec ${sleep}`);
  const child = jig.spawn(file, words);
  const ended = output(child);
  await once(child.stdout, 'data');
  child.kill();
  assert.equal((await ended).signal, 'SIGTERM');
});

test('the grace of the stop', async () => {
  const [file, ...words] = sh(`trap '' TERM; echo up; while :; do ${sleeper[0]} 0.01; done`);
  const child = jig.spawn(file, words, { jig: { grace: 50 } });
  const ended = output(child);
  await once(child.stdout, 'data');
  child.kill();
  assert.equal((await ended).signal, 'SIGKILL');
});

test('argv0 is refused', () => {
  assert.throws(() => jig.spawn('true', { argv0: 'x' }), TypeError);
});
