// SPDX-License-Identifier: MIT
'use strict';
// Words of commands that the oracle of tests/support knows: see tests/integration/node.

const assert = require('node:assert/strict');

const folder = process.env.JIG_TEST_BIN;
assert.ok(folder, 'run by pytest: tests/integration/node');

/** A script of the private shell. */
const sh = (script) => [`${folder}/sh`, '-c', script];

/** A command that runs until it is ended. */
const sleeper = [`${folder}/sleep`, '1000'];
const sleep = sleeper.join(' ');

/** A daemon that has closed everything, and a main process that says "up". */
const daemonAnd = (main) => sh(`setsid ${sleep} <&- >&- 2>&- & echo up; ${main}`);

/** Look until it is true, and return it. */
async function until(condition, what) {
  const ends = Date.now() + 30_000;
  for (;;) {
    const found = await condition();
    if (found) return found;
    assert.ok(Date.now() < ends, `in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

module.exports = { daemonAnd, sh, sleep, sleeper, until };
