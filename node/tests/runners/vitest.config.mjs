// SPDX-License-Identifier: MIT
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    globalSetup: './setup.mjs',
    include: ['*.vitest.ts'],
    pool: process.env.POOL,
    testTimeout: 1e6,
  },
});
