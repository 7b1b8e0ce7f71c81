// SPDX-License-Identifier: MIT
'use strict';
// The test of every runner: a fixture beside that of the global setup, then a SCENARIO.
const fs = require('node:fs');

const { startFixture } = require('jig-fixture');

const scenario = process.env.SCENARIO;
/** A daemon that has closed everything, and a main process. */
const command = JSON.parse(process.env.COMMAND);

const fixtures = { web: { command, ports: ['web'], ready: 'log:up' } };
/** It starts one that works, and then one that does not. */
if (scenario === 'setup') fixtures.bad = { command: ['false'], ready: 'tcp:1' };

async function body() {
  if (!/^127\.0\.0\.1:\d+$/.test(process.env.WEB_ADDR)) throw new Error('no WEB_ADDR');
  await startFixture(command, { ready: 'log:up' }); // and nothing stops it
  fs.writeFileSync('up', '');
  if (scenario === 'exits') process.exit(7);
  if (scenario === 'crashes') process.kill(process.pid, 'SIGKILL');
  if (scenario === 'stays') await new Promise((resolve) => setTimeout(resolve, 1e6));
}

module.exports = { body, command, fixtures, scenario };
