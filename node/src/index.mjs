// SPDX-License-Identifier: MIT
// The same objects for `import`: one agent serves both.
export * from './index.js';
export { default } from './index.js';
