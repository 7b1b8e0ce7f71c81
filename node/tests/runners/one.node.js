// SPDX-License-Identifier: MIT
const { after, before, test } = require('node:test');
const { globalSetup, globalTeardown } = require('jig-fixture');
const { body, fixtures } = require('./body.js');

before(globalSetup(fixtures));
after(globalTeardown);

test('the body', body);
