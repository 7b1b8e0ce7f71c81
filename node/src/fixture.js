// SPDX-License-Identifier: MIT
'use strict';
// startFixture(): a command with all processes that it starts.

const { agentOf } = require('./agent.js');
const { camel, checkCommand, pairsOf, startParams } = require('./command.js');
const { AgentError, Refused, SpawnFailed, readyError } = require('./errors.js');
const { Output } = require('./output.js');

/** Node 18 does not have it; others that need it take this one, too. */
const asyncDispose = Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose');

const WRONG_PARAMETER = -32602;
/** Lines of output that an error carries. */
const ERROR_LINES = 100;
/** Bytes of one write: at most 1 MiB may wait, and a line has a limit, too. */
const WRITE_SIZE = 256 * 1024;

let number = 0;

class Fixture {
  #agent;
  #id = `node-${++number}`;
  #options;
  #output;
  #ended;
  #setEnded;
  #isStarted = false;
  #hasEnded = false;
  #abort = null;
  #written = Promise.resolve();

  /** Use startFixture(). */
  constructor(agent, command, options) {
    this.#agent = agent;
    this.#options = options;
    this.#output = new Output(options.logSize);
    this.command = command;
    this.name = options.name ?? (Array.isArray(command) ? command[0] : command.split(/\s/)[0]);
    /** The pid of the main process. */
    this.pid = null;
    /** Addresses of `ports` and `listen`: "127.0.0.1:40123", or a path. */
    this.addr = {};
    /** Their port numbers. */
    this.port = {};
    /** What groups of log probes have matched. */
    this.match = {};
    /** Milliseconds from start to ready. */
    this.readyAfter = null;
    /** Bytes of its output that this process was too slow for. */
    this.outputLost = 0;
    /** As of a ChildProcess: null while it runs. */
    this.exitCode = null;
    this.signalCode = null;
    /** What jig says about the end, see REPORT in jig-run(1). */
    this.report = null;
    /** Why it failed, if it did. */
    this.problem = null;
    this.#open();
  }

  #open() {
    this.#ended = new Promise((resolve) => {
      this.#setEnded = resolve;
    });
    this.#isStarted = this.#hasEnded = false;
    this.readyAfter = null;
    this.exitCode = this.signalCode = this.report = this.problem = null;
    this.#output.reopen();
  }

  /** @internal */
  async start() {
    const { signal } = this.#options;
    signal?.throwIfAborted();
    this.#agent.listen(this.#id, (method, params) => this.#note(method, params));
    this.#abort = () => this.#stop().catch(() => {});
    signal?.addEventListener('abort', this.#abort, { once: true });
    try {
      await this.#spawn();
      if (!signal?.aborted) await this.#untilReady();
    } catch (error) {
      if (!signal?.aborted || error instanceof AgentError) throw error;
    }
    if (signal?.aborted) await this.stop();
    signal?.throwIfAborted();
    return this;
  }

  async #spawn() {
    try {
      const params = startParams(this.#id, this.command, this.#options);
      this.#place(await this.#agent.request('start', params));
      this.#isStarted = true;
    } catch (error) {
      this.#close();
      throw this.#startError(error);
    }
  }

  #startError(error) {
    if (!(error instanceof Refused)) return error;
    if (error.number !== WRONG_PARAMETER)
      return new SpawnFailed(error.message, { command: this.command, code: error.code });
    const field = error.field ?? '';
    const message = error.message.split(field).join(camel(field));
    return Object.assign(new TypeError(message), { code: 'ERR_INVALID_ARG_VALUE' });
  }

  #place({ pid, addresses }) {
    this.pid = pid;
    for (const [name, { address, port }] of Object.entries(addresses)) {
      this.addr[name] = address;
      if (port !== null) this.port[name] = port;
    }
  }

  async #untilReady() {
    try {
      await this.#agent.request('wait', { fixture: this.#id, until: 'ready' });
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (this.readyAfter !== null && error.code === 'ECHILD') return; // It has ended since.
      await this.stop();
      throw readyError(error, {
        command: this.command,
        logs: this.logs(ERROR_LINES),
        exitCode: this.exitCode,
        signalCode: this.signalCode,
        report: this.report,
      });
    }
  }

  #note(method, params) {
    if (method === 'output') this.#noteOutput(params);
    else if (method === 'ready') this.#noteReady(params);
    else if (method === 'unhealthy') this.problem = params.problem;
    else if (method === 'ended') this.#noteEnd(params);
    else if (method === 'lost') this.#noteEnd({ code: null, report: null, ...params });
  }

  #noteOutput({ stream, text = '', lost = 0 }) {
    this.outputLost += lost;
    this.#output.add(stream, text);
  }

  #noteReady({ after_seconds: seconds, matches }) {
    this.readyAfter = seconds * 1000;
    this.match = matches;
  }

  #noteEnd({ code, report, problem }) {
    this.report = report;
    this.problem = problem ?? this.problem;
    this.signalCode = report?.main?.signal ?? null;
    this.exitCode = this.signalCode ? null : report?.main?.exit_status ?? code;
    this.#close();
  }

  #close() {
    this.#hasEnded = true;
    this.#output.end();
    this.#agent.forget(this.#id);
    this.#options.signal?.removeEventListener('abort', this.#abort);
    this.#setEnded();
  }

  /** No process of it is left. */
  get hasEnded() {
    return this.#hasEnded;
  }

  /** Keep the event loop alive while `promise` is pending. */
  async #awaited(promise) {
    this.#agent.hold();
    try {
      return await promise;
    } finally {
      this.#agent.release();
    }
  }

  #request(method, params = {}) {
    return this.#agent.request(method, { fixture: this.#id, ...params });
  }

  async #stop() {
    if (this.#isStarted && !this.#hasEnded) await this.#request('stop', { wait: true });
  }

  /** Stop it by its policy, and wait until no process is left. @returns the report */
  async stop() {
    try {
      await this.#stop();
    } catch (error) {
      if (!(error instanceof Refused || error instanceof AgentError)) throw error;
    }
    await this.#awaited(this.#ended);
    return this.report;
  }

  /** Begin the next step of the stop now. Without a stop, begin one. */
  hurry() {
    this.#agent.notify('stop', { fixture: this.#id, hurry: true });
  }

  /** Stop it, and start it again with the same addresses. */
  async restart() {
    await this.stop();
    const { listen = [], ports = [] } = pairsOf(this.#options);
    this.#options = { ...this.#options, listen: this.#same(listen), ports: this.#same(ports) };
    this.#agent = agentOf(this.#options.jig);
    this.#open();
    return this.start();
  }

  /** NAME[=VALUE], with the port that it has been given. */
  #same(words) {
    return words.map((word) => {
      const name = word.split('=', 1)[0];
      const address = word.slice(name.length + 1);
      if (!(name in this.port)) return word;
      return `${name}=${address.slice(0, address.lastIndexOf(':') + 1)}${this.port[name]}`;
    });
  }

  /** Wait until no process is left. */
  async wait() {
    await this.#awaited(this.#ended);
    const { exitCode, signalCode, report, problem } = this;
    return { exitCode, signalCode, report, problem };
  }

  /** Send a signal to the main process, or with "all" to every one. */
  async kill(signal = 'SIGTERM', to = 'main') {
    await this.#request('signal', { signal, to });
  }

  /** Write to its standard input (`stdin: 'pipe'`, or `pty`). */
  async write(data) {
    const bytes = Buffer.from(data);
    await this.#inOrder(async () => {
      for (let begin = 0; begin < bytes.length; begin += WRITE_SIZE) {
        const base64 = bytes.subarray(begin, begin + WRITE_SIZE).toString('base64');
        await this.#request('write', { base64 });
      }
    });
  }

  /** Close its standard input. */
  async end() {
    await this.#inOrder(() => this.#request('write', { close: true }));
  }

  /** After the writes so far, whether they have failed or not. */
  #inOrder(body) {
    const done = this.#written.then(body);
    this.#written = done.catch(() => {});
    return done;
  }

  async resize(rows, columns) {
    await this.#request('resize', { rows, columns });
  }

  /** Its processes, as of `jig ps --json`. */
  async ps() {
    return (await this.#request('ps')).processes;
  }

  /** The last lines of its output, both streams: what has come so far. */
  logs(lines) {
    return this.#output.text(lines);
  }

  /** Each line with its stream, until the end. @param {'stdout' | 'stderr'} [stream] */
  lines(stream) {
    return this.#output.lines(stream, (more) => this.#awaited(more));
  }

  async *[Symbol.asyncIterator]() {
    for await (const { text } of this.lines()) yield text;
  }

  async [asyncDispose]() {
    await this.stop();
  }
}

/**
 * Start a command, and wait until it is ready.
 * If it rejects, no process is left.
 * @param {string | string[]} command a line for /bin/sh, or words
 */
async function startFixture(command, options = {}) {
  checkCommand(command);
  return new Fixture(agentOf(options.jig), command, options).start();
}

module.exports = { Fixture, asyncDispose, startFixture };
