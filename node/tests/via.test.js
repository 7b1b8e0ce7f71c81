// SPDX-License-Identifier: MIT
'use strict';
// A fixture on another machine. JIG_TEST_VIA: the transport; env(1) leads to this machine.

const assert = require('node:assert/strict');
const { test } = require('node:test');

const jig = require('jig-fixture');
const { daemonAnd, sh, sleep, sleeper, until } = require('./support.js');

const { startFixture } = jig;
const there = {
  via: process.env.JIG_TEST_VIA ?? 'env',
  viaJig: process.env.JIG_PROGRAM,
};

test('a fixture there is ready, has an address, says its lines, and is stopped', async () => {
  const script = `trap 'exit 5' TERM; echo up high; ${sleep} & wait`;
  const server = await startFixture(sh(script), {
    ...there,
    ports: ['web'],
    ready: 'log:up (?P<word>.*)',
    viaAddress: 'far',
  });
  assert.equal(server.addr.web, `far:${server.port.web}`);
  assert.equal(server.match.word, 'high');
  await until(() => server.logs().includes('up high\n'), 'its output has come');
  const report = await server.stop();
  assert.deepEqual([server.exitCode, server.signalCode, report.reason], [5, null, 'stop']);
  assert.equal(report.via, there.via);
  assert.equal(report.cage.proved_empty, true);
});

test('what it has left behind there is ended', async () => {
  const server = await startFixture(daemonAnd('exit 3'), there);
  const { exitCode, report } = await server.wait();
  assert.deepEqual([exitCode, report.leftover_count], [3, 1]);
});

test('env is sent, process.env is not', async () => {
  process.env.JIG_TEST_OURS = 'x';
  const via = `${there.via === 'env' ? 'env -u JIG_TEST_OURS' : there.via}`;
  const env = { A: 'a b', B: undefined };
  const one = await startFixture(sh('echo "$A|$JIG_TEST_OURS|"; pwd'), { ...there, via, env, cwd: '/' });
  await one.wait();
  assert.equal(one.logs(), 'a b||\n/\n');
});

test('signals and input are those of the command there', async () => {
  const one = await startFixture(sleeper, there);
  await one.kill('SIGKILL');
  assert.equal((await one.wait()).signalCode, 'SIGKILL');
  const other = await startFixture(sh('read x; echo got $x'), { ...there, stdin: 'pipe' });
  await other.write('it\n');
  await other.wait();
  assert.equal(other.logs(), 'got it\n');
});

test('a restart is there, too', async () => {
  const server = await startFixture(sleeper, { ...there, ports: ['web'] });
  const { web } = server.addr;
  await server.restart();
  assert.equal(server.addr.web, web);
  assert.equal((await server.stop()).via, there.via);
});

test('a start that fails says why', async () => {
  const fails = (options, code, says, command = sleeper) =>
    assert.rejects(startFixture(command, { ...there, ...options }), (error) => {
      assert.ok(error instanceof jig.SpawnFailed);
      assert.equal(error.code, code);
      assert.match(error.message, says);
      return true;
    });
  await fails({ via: 'no-such-transport' }, 'ENOENT', /no-such-transport/);
  await fails({ viaJig: '/nowhere' }, 'ENOPKG', /has not found a '\/nowhere'/);
  await fails({ via: `sh -c 'exec ${sleep}' sh`, viaTimeout: 200 }, 'ETIMEDOUT', /0\.200 s/);
  await fails({}, 'ENOENT', /nowhere/, ['/nowhere']);
});

test('a wrong option is a TypeError that names it', async () => {
  const wrong = (options, name) =>
    assert.rejects(startFixture(sleeper, options), (error) => {
      assert.ok(error instanceof TypeError);
      assert.match(error.message, name);
      return true;
    });
  await wrong({ via: "a 'b" }, /^via: /);
  await wrong({ viaPush: true }, /^via: /);
  await wrong({ ...there, viaTimeout: 'soon' }, /^viaTimeout: /);
  await wrong({ ...there, pty: true }, /^pty: /);
  assert.throws(() => jig.spawn('true', [], { jig: there }), /startFixture\(\) has via/);
});

test('jigWords() has the options of jig run', () => {
  const words = jig.jigWords('x', { ...there, viaPush: true, viaTimeout: 500, cwd: 'deep' });
  assert.deepEqual(words.slice(2), [
    ...['--via', there.via, '--via-jig', there.viaJig, '--via-push', '--via-timeout', '500ms'],
    ...['--chdir', 'deep', '--', '/bin/sh', '-c', 'x'],
  ]);
});
