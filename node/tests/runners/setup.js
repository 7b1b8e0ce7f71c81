// SPDX-License-Identifier: MIT
const { globalSetup } = require('jig-fixture');
module.exports = globalSetup(require('./body.js').fixtures);
