// SPDX-License-Identifier: MIT
'use strict';
// `jig run` for whatever starts commands itself: as words, or as a line for a shell.

const { fieldsOf, quote, wordsOf } = require('./command.js');
const { program } = require('./program.js');

/** The words behind the program: `run OPTIONS -- COMMAND`. */
function wrapped(words, options = {}) {
  const { env = {}, ...rest } = options;
  const variables = Object.entries(env).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
  return ['run', ...wordsOf(fieldsOf(rest)), ...variables, '--', ...words];
}

/**
 * [jig, 'run', …, '--', …]: for execa and others: `const [file, ...args] = jigWords(…)`.
 * @param {string | string[]} command a line for /bin/sh, or words
 */
function jigWords(command, options = {}) {
  const words = typeof command === 'string' ? ['/bin/sh', '-c', command] : command;
  return [program(options.jig), ...wrapped(words, options)];
}

/** The same as a line for a shell: Playwright's webServer.command, a script of package.json. */
function jigCommand(command, options = {}) {
  // exec: a shell that stays would be what the caller signals.
  return `exec ${jigWords(command, options).map(quote).join(' ')}`;
}

module.exports = { jigCommand, jigWords, wrapped };
