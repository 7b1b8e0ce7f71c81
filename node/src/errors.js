// SPDX-License-Identifier: MIT
'use strict';
// The errors of fixtures. Their messages end with the last lines of the output.

/** Lines of output that a message shows. */
const SHOWN_LINES = 30;

/** Control characters, but no tab: none of them reaches a terminal. */
// eslint-disable-next-line no-control-regex
const CONTROL = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/g;

function shownCommand(command) {
  return Array.isArray(command) ? command.join(' ') : String(command);
}

/** A fixture did not become ready. No process of it is left. */
class StartError extends Error {
  constructor(reason, fields) {
    const lines = (fields.logs || '').split('\n').filter(Boolean).slice(-SHOWN_LINES);
    const about = `${shownCommand(fields.command)}: ${reason}`;
    const shown = lines.length ? ['its last lines:', ...lines.map((line) => `  ${line}`)] : [];
    super([about, ...shown].map((line) => line.replace(CONTROL, '?')).join('\n'));
    this.name = new.target.name;
    /** The reason alone. */
    this.reason = reason;
    /** The name of the error: ENOENT, ECHILD, ETIME, … */
    this.code = fields.code;
    this.command = fields.command;
    this.exitCode = fields.exitCode ?? null;
    this.signalCode = fields.signalCode ?? null;
    // Not enumerable: the message shows them, as far as a reader needs them.
    for (const [name, value] of [
      ['logs', fields.logs || ''], // the last lines of its output
      ['report', fields.report ?? null],
    ])
      Object.defineProperty(this, name, { value });
  }
}

/** The command could not be executed. */
class SpawnFailed extends StartError {}

/** The command ended before it was ready, with any status, also 0. */
class ExitedBeforeReady extends StartError {}

/** It was not ready within startTimeout, and was stopped. */
class ReadyTimeout extends StartError {}

/** The agent has ended, or does not answer as jig-agent(7) says. */
class AgentError extends Error {
  constructor(message, code) {
    super(message);
    this.name = 'AgentError';
    this.code = code;
  }
}

/** An answer with an error. */
class Refused extends Error {
  constructor(error) {
    super(error.message);
    this.name = 'Refused';
    this.number = error.code;
    this.code = error.data?.errno;
    this.field = error.data?.field;
  }
}

const KINDS = { ECHILD: ExitedBeforeReady, ETIME: ReadyTimeout };

/** The class for what waiting until ready has answered. */
function readyError(refused, fields) {
  const Kind = KINDS[refused.code] ?? StartError;
  return new Kind(refused.message, { ...fields, code: refused.code });
}

module.exports = {
  AgentError,
  ExitedBeforeReady,
  ReadyTimeout,
  Refused,
  SpawnFailed,
  StartError,
  readyError,
};
