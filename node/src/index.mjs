// SPDX-License-Identifier: MIT
// The same objects for `import`: one agent serves both.
import jig from './index.js';

export const {
  AgentError,
  ExitedBeforeReady,
  Fixture,
  ReadyTimeout,
  SpawnFailed,
  StartError,
  globalSetup,
  globalTeardown,
  jigCommand,
  jigWords,
  program,
  spawn,
  startFixture,
  useFixture,
} = jig;
export default jig;
