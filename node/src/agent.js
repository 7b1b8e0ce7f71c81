// SPDX-License-Identifier: MIT
'use strict';
/*
 * A client of `jig agent`, see jig-agent(7).
 *
 * One agent serves all fixtures of this thread. The end of file of its standard input
 * is what ends them: the kernel closes the pipe, whatever ends this process. The agent
 * is in a session of its own, so Ctrl-C reaches node alone.
 *
 * It keeps the event loop alive only while something waits for it: see hold(). Some time
 * after the end of its last fixture it ends: Jest loads this module for each file anew.
 */

const childProcess = require('node:child_process');
const { clearTimeout, setTimeout } = require('node:timers'); // A runner may replace the global ones.

const { AgentError, Refused } = require('./errors.js');
const { program } = require('./program.js');

const PROTOCOL = 1;
/** Bytes of a line: the agent skips a longer one. */
const LINE_LIMIT = 1 << 20;
/** How JSON.stringify() has half of a surrogate pair, which the agent refuses. */
const HALF_PAIR = /(?<!\\)(?:\\\\)*\\ud[89a-f]/;
/** What the agent has written to stderr: the end of it, for an error. */
const COMPLAINT_SIZE = 4096;
/** How long it waits for another fixture. */
const IDLE_MS = 1000;

class Agent {
  #child;
  #holds = 0;
  #pending = new Map();
  #listeners = new Map();
  #number = 0;
  #parts = [];
  #complaint = '';
  #how = '';
  #problem = null;
  #idle = null;
  #isClosing = false;

  constructor(file) {
    this.#child = childProcess.spawn(file, ['agent'], {
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    });
    const { stdin, stdout, stderr } = this.#child;
    this.#child.on('error', (error) => this.#end(`cannot execute ${file}: ${error.message}`));
    this.#child.on('exit', (code, signal) => this.#exit(code, signal));
    stdin.on('error', () => {}); // EPIPE: 'exit' says more.
    stdout.setEncoding('utf8').on('data', (text) => this.#read(text));
    stdout.on('close', () => this.#close());
    stderr.setEncoding('utf8').on('data', (text) => this.#complain(text));
    for (const one of [this.#child, stdin, stdout, stderr]) one.unref?.();
    this.request('initialize', { protocol: PROTOCOL }).catch((error) => this.#end(error.message));
  }

  /** Whether it takes no more fixtures. */
  get hasEnded() {
    return this.#isClosing || this.#problem !== null;
  }

  get pid() {
    return this.#child.pid;
  }

  /** Keep the event loop alive until release(). */
  hold() {
    if (this.#holds++ > 0) return;
    this.#child.ref();
    this.#child.stdout.ref();
  }

  release() {
    if (--this.#holds > 0) return;
    this.#child.unref();
    this.#child.stdout.unref();
  }

  /** Be told of notifications about the fixture `name`: listener(method, params). */
  listen(name, listener) {
    clearTimeout(this.#idle);
    this.#listeners.set(name, listener);
  }

  forget(name) {
    this.#listeners.delete(name);
    if (this.#listeners.size > 0) return;
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.#closeIdle(), IDLE_MS).unref();
  }

  #closeIdle() {
    if (this.#listeners.size > 0) return;
    this.#isClosing = true;
    this.#child.stdin.end();
  }

  /** @returns {Promise<object>} its result; rejects with Refused or AgentError */
  request(method, params) {
    if (this.#problem) return Promise.reject(this.#problem);
    if (this.#isClosing) return Promise.reject(new AgentError('the fixture has ended'));
    const id = ++this.#number;
    const line = `${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`;
    if (Buffer.byteLength(line) > LINE_LIMIT)
      return Promise.reject(new RangeError('the command and its environment exceed 1 MiB'));
    if (HALF_PAIR.test(line))
      return Promise.reject(new TypeError('a string has half of a surrogate pair'));
    this.hold();
    const answer = new Promise((resolve, reject) => this.#pending.set(id, { resolve, reject }));
    this.#child.stdin.write(line);
    return answer;
  }

  /** A request without an answer. */
  notify(method, params) {
    if (!this.hasEnded)
      this.#child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', method, params })}\n`);
  }

  #read(text) {
    const lines = text.split('\n');
    if (lines.length === 1) {
      this.#parts.push(text);
      return;
    }
    lines[0] = this.#parts.join('') + lines[0];
    const rest = lines.pop();
    this.#parts = rest ? [rest] : [];
    for (const line of lines) this.#take(line);
  }

  #take(line) {
    let message;
    try {
      message = JSON.parse(line);
    } catch {
      this.#end(`the agent has written what is not JSON: ${line.slice(0, 80)}`);
      return;
    }
    if (message.method) this.#listeners.get(message.params?.fixture)?.(message.method, message.params);
    else this.#answer(message);
  }

  #answer({ id, result, error }) {
    const pending = this.#pending.get(id);
    if (!pending) return;
    this.#pending.delete(id);
    this.release();
    if (error) pending.reject(new Refused(error));
    else pending.resolve(result);
  }

  #complain(text) {
    this.#complaint = (this.#complaint + text).slice(-COMPLAINT_SIZE);
  }

  #exit(code, signal) {
    this.#how = signal ? `was ended by ${signal}` : `has exited with status ${code}`;
    this.#close();
  }

  /** All that it has said has been read, and it has exited. */
  #close() {
    if (this.#how && this.#child.stdout.closed)
      this.#end(`jig agent ${this.#how}${this.#complaint ? `: ${this.#complaint.trim()}` : ''}`);
  }

  /** Nothing more comes. All fixtures have ended, or end now. */
  #end(problem) {
    if (this.#problem) return;
    this.#problem = new AgentError(problem);
    this.#child.stdin.destroy();
    for (const { reject } of this.#pending.values()) {
      this.release();
      reject(this.#problem);
    }
    this.#pending.clear();
    for (const listener of [...this.#listeners.values()]) listener('lost', { problem });
    this.#listeners.clear();
  }
}

/** Of this thread: by the path of the program. */
const agents = new Map();

/** @param {string} [chosen] the program jig, see program() */
function agentOf(chosen) {
  const file = program(chosen);
  let agent = agents.get(file);
  if (!agent || agent.hasEnded) agents.set(file, (agent = new Agent(file)));
  return agent;
}

module.exports = { agentOf };
