// SPDX-License-Identifier: MIT
'use strict';
const assert = require('node:assert/strict');
const childProcess = require('node:child_process');
const { after, before, describe, test } = require('node:test');

const jig = require('jig-fixture');
const { sh, sleep, sleeper } = require('./support.js');

describe('useFixture() with the hooks of node:test', () => {
  const command = sh(`echo up; exec ${sleep}`);
  const server = jig.useFixture({ before, after }, command, { ports: ['web'], ready: 'log:up' });
  const port = () => server.port.web;

  assert.throws(port, /before the first test/);

  test('the fixture is ready', async () => {
    assert.equal(server.addr.web, `127.0.0.1:${port()}`);
    assert.equal(server.hasEnded, false);
    assert.equal((await server.ps()).length > 0, true);
  });
});

const fixtures = {
  db: { command: sleeper, ports: ['db', 'db-admin'] },
  web: { command: sh(`echo $DB_ADDR; exec ${sleep}`), listen: { web: '127.0.0.1:0' } },
};

test('globalSetup() puts addresses into the environment, and returns the teardown', async () => {
  const teardown = await jig.globalSetup(fixtures)();
  assert.match(process.env.DB_ADDR, /^127\.0\.0\.1:\d+$/);
  assert.match(process.env.DB_ADMIN_PORT, /^\d+$/);
  assert.equal(process.env.WEB_ADDR, `127.0.0.1:${process.env.WEB_PORT}`);
  await teardown();
  await teardown();
});

test('globalSetup() that fails stops what it has started', async () => {
  const setup = jig.globalSetup({ ...fixtures, bad: { command: sh('exit 1'), ready: 'tcp:1' } });
  await assert.rejects(setup(), { name: 'ExitedBeforeReady' });
});

test('the module jig-fixture/teardown is the teardown', () => {
  assert.equal(require('jig-fixture/teardown'), jig.globalTeardown);
});

test('import and require give the same objects', async () => {
  const imported = await import('jig-fixture');
  for (const name of Object.keys(jig)) assert.equal(imported[name], jig[name], name);
  assert.equal(imported.default, jig);
});

const output = (line) => childProcess.execSync(line, { encoding: 'utf8' });

test('jigCommand() is a line for a shell, whatever is in the command', () => {
  assert.equal(output(jig.jigCommand("echo 'a b' \"$((1 + 1))\"")), 'a b 2\n');
  assert.equal(output(jig.jigCommand(['printf', '%s,', "it's", '$HOME', ''])), "it's,$HOME,,");
});

test('jigCommand() and jigWords() take options', () => {
  const line = jig.jigCommand('echo $A $PWD {port:web} $WEB_PORT', {
    ports: ['web'],
    env: { A: 'a b' },
    cwd: '/',
    logTimes: undefined,
  });
  assert.match(output(line), /^a b \/ (\d+) \1\n$/);
  const [file, ...words] = jig.jigWords(['true'], {
    grace: '5s',
    ports: { web: 80, api: null },
    ready: ['tcp:{web}', '|log:up'],
    startTimeout: 20_000,
    daemon: true,
    logTimes: false,
  });
  assert.equal(file, jig.program());
  assert.deepEqual(words, [
    ...['run', '--grace', '5s', '--port', 'web=80', '--port', 'api', '--ready', 'tcp:{web}'],
    ...['--or', 'log:up', '--start-timeout', '20000ms', '--daemon', '--', 'true'],
  ]);
});
