// SPDX-License-Identifier: MIT
'use strict';
// Fixtures around the tests of a runner: globalSetup(), globalTeardown(), useFixture().

const { startFixture } = require('./fixture.js');

/** Those of globalSetup(), in the order of their starts. */
const running = [];

/** WEB_ADDR and WEB_PORT of the name `web`, as for the command of `jig run --with`. */
function variables({ addr, port }) {
  const found = {};
  for (const name of Object.keys(addr)) {
    const prefix = name.toUpperCase().replace(/-/g, '_');
    found[`${prefix}_ADDR`] = addr[name];
    if (name in port) found[`${prefix}_PORT`] = String(port[name]);
  }
  return found;
}

/** Stop what globalSetup() has started, the last one first. For Jest's globalTeardown. */
async function globalTeardown() {
  while (running.length) await running.pop().stop();
}

/**
 * The default export of a globalSetup file: Vitest, Jest and Playwright call it once, before
 * all tests. It starts the fixtures one after the other; their addresses are in process.env,
 * which the runner's workers inherit. What it returns stops them (Vitest, Playwright).
 * @param {Record<string, { command: string | string[] }>} fixtures by name
 */
function globalSetup(fixtures) {
  return async function setup() {
    try {
      for (const [name, { command, ...options }] of Object.entries(fixtures)) {
        const fixture = await startFixture(command, { name, ...options });
        running.push(fixture);
        Object.assign(process.env, variables(fixture));
      }
    } catch (error) {
      await globalTeardown();
      throw error;
    }
    return globalTeardown;
  };
}

/**
 * A fixture from before the first test of this file or suite until after the last one.
 * @param {object} hooks { before, after } of node:test or Mocha, { beforeAll, afterAll } of
 *     Vitest or Jest
 */
function useFixture(hooks, command, options) {
  const before = hooks.before ?? hooks.beforeAll;
  const after = hooks.after ?? hooks.afterAll;
  let fixture = null;
  before(async () => {
    fixture = await startFixture(command, options);
  });
  after(async () => {
    await fixture?.stop();
  });
  return new Proxy(
    {},
    {
      get(_, name) {
        // A runner that shows it, or awaits it, is no reason to fail.
        if (!fixture && (typeof name === 'symbol' || name === 'then')) return undefined;
        if (!fixture) throw new Error('the fixture is not there before the first test begins');
        const value = fixture[name];
        return typeof value === 'function' ? value.bind(fixture) : value;
      },
    },
  );
}

module.exports = { globalSetup, globalTeardown, useFixture };
