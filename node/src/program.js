// SPDX-License-Identifier: MIT
'use strict';
// Where the program jig is: the option, JIG_PROGRAM, the platform package, PATH.

const fs = require('node:fs');
const path = require('node:path');

/** @returns {boolean} */
function isExecutable(file) {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}

/** The file that execvp(3) would execute, or undefined. */
function findProgram(name, searchPath, folder = process.cwd()) {
  if (name.includes('/')) {
    const file = path.resolve(folder, name);
    return isExecutable(file) ? file : undefined;
  }
  for (const entry of (searchPath ?? '/usr/local/bin:/bin:/usr/bin').split(':')) {
    const file = path.resolve(folder, entry || '.', name);
    if (isExecutable(file)) return file;
  }
  return undefined;
}

function ofPlatformPackage() {
  try {
    const name = `jig-fixture-linux-${process.arch}`;
    const file = path.join(path.dirname(require.resolve(`${name}/package.json`)), 'bin', 'jig');
    return isExecutable(file) ? file : undefined;
  } catch {
    return undefined; // It is optional.
  }
}

/** bin/jig of this package may stand in PATH: that is a script, which would search again. */
function ofPath() {
  const entries = (process.env.PATH ?? '').split(':');
  const files = entries.map((entry) => findProgram('jig', entry)).filter(Boolean);
  return files.find(isBinary);
}

function isBinary(file) {
  const fd = fs.openSync(file, 'r');
  try {
    const bytes = Buffer.alloc(4);
    fs.readSync(fd, bytes, 0, 4, 0);
    return bytes.toString('latin1') === '\x7fELF';
  } finally {
    fs.closeSync(fd);
  }
}

/**
 * The program jig, as an absolute path.
 * @param {string} [chosen] a path, or a name that is in PATH
 */
function program(chosen) {
  const name = chosen || process.env.JIG_PROGRAM;
  const found = name
    ? findProgram(name, process.env.PATH)
    : ofPlatformPackage() ?? ofPath();
  if (found) return found;
  const problem = name
    ? `there is no program ${name}`
    : `there is no program jig: install jig-fixture-linux-${process.arch}, or set JIG_PROGRAM`;
  throw Object.assign(new Error(problem), { code: 'ENOENT' });
}

module.exports = { findProgram, program };
