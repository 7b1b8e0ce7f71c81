// SPDX-License-Identifier: MIT
import type {
  ChildProcess,
  ChildProcessWithoutNullStreams,
  SpawnOptions as ChildProcessOptions,
  SpawnOptionsWithoutStdio,
} from 'node:child_process';

/** A line for /bin/sh, or words. */
export type Command = string | readonly string[];

/** A number is milliseconds; a string is as on jig's command line: '500ms', '10s', '2m'. */
export type Time = number | string;

/** Environment: an undefined or null variable is taken away. */
export type Environment = Record<string, string | number | boolean | null | undefined>;

/** Options of jig-run(1), in camelCase, and some of Node's. */
export interface CommandOptions {
  /** Reserve TCP ports: ['web'] or { web: 8080 }. `{port:web}` stands for the number. */
  ports?: string | readonly string[] | Record<string, number | null>;
  /** Sockets that the command inherits: { http: '127.0.0.1:0' }. */
  listen?: string | readonly string[] | Record<string, string>;
  /** Probes: 'http:{web}/health', 'log:up', …; one that begins with '|' is an alternative. */
  ready?: string | readonly string[];
  startTimeout?: Time;
  interval?: Time;
  readyDelay?: Time;
  readyTimeout?: Time;
  readySuccesses?: number;
  live?: string | readonly string[];
  liveInterval?: Time;
  liveTimeout?: Time;
  liveDelay?: Time;
  liveFailures?: number;
  /** Added to process.env. */
  env?: Environment;
  /** Only `env`, not process.env. */
  clearEnv?: boolean;
  envFile?: string | readonly string[];
  envDialect?: 'docker' | 'honcho' | 'foreman';
  cwd?: string;
  user?: string | number;
  umask?: string;
  nice?: number;
  group?: string;
  cage?: 'auto' | 'cgroup' | 'pidns' | 'subreaper' | 'pgroup';
  daemon?: boolean;
  timeout?: Time;
  stopSignal?: string;
  grace?: Time;
  /** A stop policy: 'INT 5s TERM 5s'. */
  stop?: string;
  stopMode?: 'all' | 'main';
  log?: string;
  logPrefix?: string;
  logTimes?: boolean;
  limit?: string | readonly string[];
  memory?: string | number;
  pids?: number;
  cpu?: string | number;
  /**
   * Run it on the machine or in the container that this command leads to: 'ssh host'. Then
   * `cwd`, users, limits and ports are of that machine, `env` is sent, and process.env is not.
   */
  via?: string;
  /** jig there: a path, or a name that is looked up there; default 'jig'. */
  viaJig?: string;
  /** The host by which this side reaches that machine; default that of ssh. */
  viaAddress?: string;
  /** Until jig there answers; default '30s'. */
  viaTimeout?: Time;
  /** Copy jig there, for this run, if it is missing. */
  viaPush?: boolean;
  /** The program jig; by default JIG_PROGRAM, the platform package, or PATH. */
  jig?: string;
}

export interface FixtureOptions extends CommandOptions {
  /** When it is aborted, the fixture is stopped. */
  signal?: AbortSignal;
  name?: string;
  stdin?: 'null' | 'pipe';
  pty?: boolean | { rows?: number; columns?: number };
  stderr?: 'separate' | 'merge' | 'off';
  /** Bytes of output that are kept for logs(); default 256 KiB. */
  logSize?: number;
}

/** See REPORT in jig-run(1). */
export interface Report {
  version: number;
  reason: string;
  main: { pid: number; exit_status: number | null; signal: string | null; [name: string]: unknown };
  leftover_count: number;
  survivor_count: number;
  [name: string]: unknown;
}

export interface End {
  exitCode: number | null;
  signalCode: NodeJS.Signals | null;
  report: Report | null;
  problem: string | null;
}

export interface Line {
  stream: 'stdout' | 'stderr';
  text: string;
}

/** A command with all processes that it starts. */
export class Fixture implements AsyncDisposable, AsyncIterable<string> {
  private constructor();
  readonly command: Command;
  readonly name: string;
  /** Of the main process; with `via` that of a process of jig here. */
  readonly pid: number;
  /** "127.0.0.1:40123", or the path of a socket. */
  readonly addr: Record<string, string>;
  readonly port: Record<string, number>;
  /** What groups of log probes have matched. */
  readonly match: Record<string, string>;
  /** Milliseconds from start to ready. */
  readonly readyAfter: number | null;
  /** Bytes of its output that this process was too slow for. */
  readonly outputLost: number;
  readonly exitCode: number | null;
  readonly signalCode: NodeJS.Signals | null;
  readonly report: Report | null;
  readonly problem: string | null;
  /** No process of it is left. */
  readonly hasEnded: boolean;
  /** Stop it by its policy, and wait until no process is left. */
  stop(): Promise<Report | null>;
  /** Begin the next step of the stop now. Without a stop, begin one. */
  hurry(): void;
  /** Stop it, and start it again with the same addresses. */
  restart(): Promise<this>;
  /** Wait until no process is left. */
  wait(): Promise<End>;
  kill(signal?: NodeJS.Signals | number, to?: 'main' | 'all'): Promise<void>;
  write(data: string | Uint8Array): Promise<void>;
  /** Close its standard input. */
  end(): Promise<void>;
  resize(rows: number, columns: number): Promise<void>;
  ps(): Promise<object[]>;
  /** The last lines of its output that have come so far. */
  logs(lines?: number): string;
  lines(stream?: 'stdout' | 'stderr'): AsyncGenerator<Line, void, undefined>;
  [Symbol.asyncIterator](): AsyncGenerator<string, void, undefined>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Start a command, and wait until it is ready. If it rejects, no process is left. */
export function startFixture(command: Command, options?: FixtureOptions): Promise<Fixture>;

/** A fixture did not become ready. No process of it is left. */
export class StartError extends Error {
  readonly reason: string;
  readonly code?: string;
  readonly command: Command;
  readonly logs: string;
  readonly exitCode: number | null;
  readonly signalCode: NodeJS.Signals | null;
  readonly report: Report | null;
}
/** The command could not be executed. */
export class SpawnFailed extends StartError {}
/** The command ended before it was ready. */
export class ExitedBeforeReady extends StartError {}
/** It was not ready within startTimeout. */
export class ReadyTimeout extends StartError {}
/** The agent has ended. All fixtures have ended, or end now. */
export class AgentError extends Error {
  readonly code?: string;
}

/** The program jig that is used. */
export function program(chosen?: string): string;

/** What `jig run` of spawn() gets; `program` is the program jig. */
export interface SpawnOptions extends Omit<CommandOptions, 'jig' | 'env' | 'cwd'> {
  program?: string;
}
type WithJig<T> = T & { jig?: SpawnOptions };

/**
 * child_process.spawn(), whose whole tree ends when the command has ended, or this process
 * has. `pid` is that of jig.
 */
export function spawn(command: string, options?: WithJig<SpawnOptionsWithoutStdio>): ChildProcessWithoutNullStreams;
export function spawn(
  command: string,
  args: readonly string[],
  options?: WithJig<SpawnOptionsWithoutStdio>,
): ChildProcessWithoutNullStreams;
export function spawn(
  command: string,
  args: readonly string[],
  options: WithJig<ChildProcessOptions>,
): ChildProcess;
export function spawn(command: string, options: WithJig<ChildProcessOptions>): ChildProcess;

/** [jig, 'run', …, '--', …]: for execa and others. */
export function jigWords(command: Command, options?: CommandOptions): [string, ...string[]];

/** The same as a line for a shell: Playwright's webServer.command. */
export function jigCommand(command: Command, options?: CommandOptions): string;

/** The default export of a globalSetup file of Vitest, Jest or Playwright. */
export function globalSetup(
  fixtures: Record<string, FixtureOptions & { command: Command }>,
): () => Promise<() => Promise<void>>;

/** Stop what globalSetup() has started. */
export function globalTeardown(): Promise<void>;

type Hook = (body: () => Promise<void>) => unknown;

/** A fixture around the tests of a file or suite. */
export function useFixture(
  hooks: { before: Hook; after: Hook } | { beforeAll: Hook; afterAll: Hook },
  command: Command,
  options?: FixtureOptions,
): Fixture;
