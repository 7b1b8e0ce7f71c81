// SPDX-License-Identifier: MIT
const { expect, test } = require('@playwright/test');
const { body } = require('./body.js');

test('the body', async ({ request }) => {
  expect(await (await request.get('/')).text()).toBe('hello\n');
  await body();
});
