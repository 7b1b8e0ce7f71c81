// SPDX-License-Identifier: MIT
const path = require('node:path');
const { jigCommand } = require('jig-fixture');
const { scenario, command } = require('./body.js');

const serve = [process.execPath, path.join(__dirname, 'server.js'), '--port', '{port:web}'];
// A daemon beside the server, which nothing else would end.
const words = [...command.slice(0, 2), command[2].replace(/exec .*$/, 'exec "$@"'), 'sh', ...serve];
const port = process.env.PLAYWRIGHT_PORT;

module.exports = {
  globalSetup: './setup.js',
  testMatch: '*.playwright.js',
  timeout: 1e6,
  webServer: {
    command: jigCommand(words, { ports: { web: port }, quiet: scenario !== 'passes' }),
    url: `http://127.0.0.1:${port}/health`,
  },
  use: { baseURL: `http://127.0.0.1:${port}` },
};
