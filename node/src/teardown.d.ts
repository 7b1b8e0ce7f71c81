// SPDX-License-Identifier: MIT
import { globalTeardown } from './index.js';
export = globalTeardown;
