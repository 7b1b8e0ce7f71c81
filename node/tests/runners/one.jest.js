// SPDX-License-Identifier: MIT
const { body } = require('./body.js');

test('the body', body);
