// SPDX-License-Identifier: MIT
'use strict';
/*
 * jig for Node.
 *
 * fixture.js   startFixture(): over agent.js; output.js keeps what it writes
 * spawn.js     spawn() of child_process, through `jig run`
 * line.js      jigCommand(), jigWords(): the same for whatever starts commands itself
 * setup.js     globalSetup() and useFixture() for Vitest, Jest, Playwright, node:test
 * command.js   options, as jig has them
 * program.js   where the program jig is
 */

const { AgentError, ExitedBeforeReady, ReadyTimeout, SpawnFailed, StartError } = require('./errors.js');
const { Fixture, startFixture } = require('./fixture.js');
const { program } = require('./program.js');

module.exports = {
  AgentError,
  ExitedBeforeReady,
  Fixture,
  ReadyTimeout,
  SpawnFailed,
  StartError,
  program,
  startFixture,
};
