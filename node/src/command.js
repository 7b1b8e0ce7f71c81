// SPDX-License-Identifier: MIT
'use strict';
// Options of startFixture() and jigCommand(): as fields of `start` and as words of `jig run`.

const path = require('node:path');

/** Numbers are milliseconds, as everywhere in Node; strings as on jig's command line. */
const TIMES = new Set([
  'grace',
  'interval',
  'liveDelay',
  'liveInterval',
  'liveTimeout',
  'readyDelay',
  'readyTimeout',
  'startTimeout',
  'timeout',
  'viaTimeout',
]);

/** Options of ours that jig has under another name. */
const NAMES = { cwd: 'chdir', ports: 'port' };

/** Options that are not jig's, and what belongs to ours. */
const OWN = new Set(['env', 'jig', 'logSize', 'name', 'onOutput', 'signal', 'shareEnv']);

function snake(name) {
  return NAMES[name] ?? name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function camel(name) {
  const ours = Object.keys(NAMES).find((key) => NAMES[key] === name);
  return ours ?? name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase());
}

/** ['web'], 'web' or { web: 8080 }: as NAME[=VALUE]. */
function pairs(value) {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value;
  return Object.entries(value).map(([name, one]) => (one ? `${name}=${one}` : name));
}

/** `listen` and `ports` of options, as arrays. */
function pairsOf({ listen, ports }) {
  return { listen: listen && pairs(listen), ports: ports && pairs(ports) };
}

/** @param {boolean} isThere on another machine, which has paths of its own */
function valueOf(name, value, isThere) {
  if (TIMES.has(name) && typeof value === 'number') return `${value}ms`;
  if (name === 'cwd') return isThere ? String(value) : path.resolve(String(value));
  if (name === 'ports' || name === 'listen') return pairs(value);
  return value;
}

/** { field: value } of what is given. */
function fieldsOf(options) {
  const fields = {};
  for (const [name, value] of Object.entries(options))
    if (value !== undefined && value !== null && !OWN.has(name))
      fields[snake(name)] = valueOf(name, value, Boolean(options.via));
  return fields;
}

/** What node has now, with the command's own; a variable that is undefined is taken away. */
function environment(own = {}) {
  return given({ ...process.env, ...own });
}

function given(all) {
  return Object.fromEntries(
    Object.entries(all)
      .filter(([, value]) => value !== undefined && value !== null)
      .map(([name, value]) => [name, String(value)]),
  );
}

function checkCommand(command) {
  if (typeof command !== 'string' && !Array.isArray(command))
    throw new TypeError('the command is not a string (a line for /bin/sh) or an array of words');
}

/** Another machine has its own environment and directory, to which only ours are added. */
function startPlace({ env, clearEnv, via }) {
  if (via) return { env: given(env ?? {}), clear_env: Boolean(clearEnv) };
  return { env: clearEnv ? given(env ?? {}) : environment(env), clear_env: true };
}

/** The parameters of `start`. */
function startParams(fixture, command, options) {
  const usual = options.via ? {} : { cwd: process.cwd() };
  return {
    ...fieldsOf({ ...usual, ...options }),
    ...startPlace(options),
    fixture,
    command,
    output: 'events',
  };
}

/** A word for /bin/sh. */
function quote(word) {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replace(/'/g, `'\\''`)}'`;
}

/** Fields as options of `jig run`. An alternative to a `ready` begins with "|". */
function wordsOf(fields) {
  const words = [];
  for (const [field, value] of Object.entries(fields)) {
    const option = `--${field.replace(/_/g, '-')}`;
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one === false) continue;
      if (one === true) words.push(option);
      else if (field === 'ready' && String(one).startsWith('|')) words.push('--or', one.slice(1));
      else words.push(option, String(one));
    }
  }
  return words;
}

module.exports = { camel, checkCommand, fieldsOf, pairsOf, quote, startParams, wordsOf };
