// SPDX-License-Identifier: MIT
'use strict';
/*
 * jig for Node.
 *
 * fixture.js   startFixture(): over agent.js; output.js keeps what the command writes
 * spawn.js     spawn() of child_process, through `jig run`
 * line.js      jigCommand(), jigWords(): `jig run` for whatever starts commands itself
 * setup.js     globalSetup(), useFixture(): Vitest, Jest, Playwright, node:test
 * command.js   options, as jig has them
 * program.js   where the program jig is
 */

// index.mjs exports what stands in module.exports below: names alone, which Node finds
// without running this file.
const {
  AgentError,
  ExitedBeforeReady,
  ReadyTimeout,
  SpawnFailed,
  StartError,
} = require('./errors.js');
const { Fixture, startFixture } = require('./fixture.js');
const { jigCommand, jigWords } = require('./line.js');
const { program } = require('./program.js');
const { globalSetup, globalTeardown, useFixture } = require('./setup.js');
const { spawn } = require('./spawn.js');

module.exports = {
  AgentError,
  ExitedBeforeReady,
  Fixture,
  ReadyTimeout,
  SpawnFailed,
  StartError,
  globalSetup,
  globalTeardown,
  jigCommand,
  jigWords,
  program,
  spawn,
  startFixture,
  useFixture,
};
