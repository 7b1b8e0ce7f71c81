// SPDX-License-Identifier: MIT
import * as jig from './index.js';
export * from './index.js';
export default jig;
