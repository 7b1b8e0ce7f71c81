// SPDX-License-Identifier: MIT
// With another file there are workers.
const { useFixture } = require('jig-fixture');
const { command } = require('./body.js');

const server = useFixture({ beforeAll, afterAll }, command, { ready: 'log:up' });

test('a fixture of the file', () => expect(server.hasEnded).toBe(false));
