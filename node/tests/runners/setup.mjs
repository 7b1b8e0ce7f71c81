// SPDX-License-Identifier: MIT
import { globalSetup } from 'jig-fixture';
import { fixtures } from './body.js';

export default globalSetup(fixtures);
