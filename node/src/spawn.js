// SPDX-License-Identifier: MIT
'use strict';
/*
 * spawn() of child_process: the same signature and ChildProcess, and the whole tree ends.
 *
 * The child is `jig run`, which is for its caller as if it were not there: streams,
 * descriptors, IPC, process group, exit code and signal are those of the command. Only
 * `pid` is that of jig. When the main process has ended, or this process has, jig ends
 * all others. 'exit' comes when none is left.
 */

const childProcess = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const { wrapped } = require('./line.js');
const { findProgram, program } = require('./program.js');

/** Sent to jig instead of SIGKILL, which would end jig before the command. */
const FOR_KILL = 'SIGPWR';
/** jig suspends the whole fixture. */
const FOR_STOP = 'SIGTSTP';
/** As without jig: nothing is said about what is left. */
const QUIET = { leftovers: 'ignore', rewrite: `${FOR_KILL}:KILL` };

/** As child_process has it: (command, [args], [options]). */
function normalized(command, args, options) {
  const words = Array.isArray(args) ? args : [];
  const given = { ...(Array.isArray(args) || args === undefined || args === null ? options : args) };
  if (!given.shell) return { file: command, words, options: given };
  const shell = typeof given.shell === 'string' ? given.shell : '/bin/sh';
  return {
    file: shell,
    words: ['-c', [command, ...words].join(' ')],
    options: { ...given, shell: false },
  };
}

function isFolder(folder) {
  try {
    return fs.statSync(folder).isDirectory();
  } catch {
    return false;
  }
}

/** Whether child_process itself has the better error: there is nothing to execute. */
function isThere(file, { cwd, env = process.env }) {
  if (typeof file !== 'string') return false;
  const folder = cwd ? (cwd instanceof URL ? cwd.pathname : path.resolve(cwd)) : process.cwd();
  return isFolder(folder) && findProgram(file, env.PATH, folder) !== undefined;
}

/**
 * kill() as of the command: SIGKILL and SIGSTOP would reach jig alone. A jig that has not
 * begun dies of what stands for SIGKILL.
 */
function passSignals(child) {
  const { emit, kill } = child;
  child.emit = function (event, ...words) {
    if ((event === 'exit' || event === 'close') && words[1] === FOR_KILL)
      words[1] = this.signalCode = 'SIGKILL';
    return emit.call(this, event, ...words);
  };
  child.kill = function (signal) {
    if (signal === 'SIGKILL' || signal === 9) return kill.call(this, FOR_KILL);
    if (signal === 'SIGSTOP' || signal === 19) return kill.call(this, FOR_STOP);
    return kill.call(this, signal);
  };
  return child;
}

/**
 * child_process.spawn(), with `options.jig`: options of jig for the tree ({ grace, stop,
 * stopSignal, cage, … }; `program`: the program jig).
 */
function spawn(command, args, options) {
  const call = normalized(command, args, options);
  const { jig = {}, ...rest } = call.options;
  if (jig.via)
    throw new TypeError('jig.via: spawn() starts processes here; startFixture() has via');
  // The error of a program that is not there, or of a wrong argument, is Node's own.
  if (!isThere(call.file, rest)) return childProcess.spawn(command, args, options);
  const { program: chosen, ...jigOptions } = jig;
  const { argv0, ...others } = rest;
  if (argv0 !== undefined) throw new TypeError('argv0: jig executes a command under its own name');
  return passSignals(
    childProcess.spawn(program(chosen), wrapped([call.file, ...call.words], { ...QUIET, ...jigOptions }), others),
  );
}

module.exports = { spawn };
