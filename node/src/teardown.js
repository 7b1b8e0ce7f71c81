// SPDX-License-Identifier: MIT
'use strict';
// Jest: globalTeardown: 'jig-fixture/teardown'.
module.exports = require('./setup.js').globalTeardown;
