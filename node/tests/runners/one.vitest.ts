// SPDX-License-Identifier: MIT
import { startFixture, useFixture } from 'jig-fixture';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { body, command } from './body.js';

const ready = 'log:up';
const server = useFixture({ beforeAll, afterAll }, command, { ready });

test('a fixture of the file', () => expect(server.hasEnded).toBe(false));

test('await using', async () => {
  let seen;
  {
    await using own = await startFixture(command, { ready });
    expect(own.hasEnded).toBe(false);
    seen = own;
  }
  expect(seen.hasEnded).toBe(true);
});

test('the body', body);
