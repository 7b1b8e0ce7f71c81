// SPDX-License-Identifier: MIT
module.exports = {
  globalSetup: './setup.js',
  globalTeardown: 'jig-fixture/teardown',
  testMatch: ['**/*.jest.js'],
  testTimeout: 1e6,
  maxWorkers: 2,
};
