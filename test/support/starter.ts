import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inject } from 'vitest';

const program = (name: string): string => fileURLToPath(new URL(`../../dist/${name}.js`, import.meta.url));

export interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A running program, and its output so far. */
export class Running {
  stdout = '';
  stderr = '';
  readonly finished: Promise<Finished>;
  private readonly waiting = new Set<() => void>();
  /** Output can arrive after the exit, so only `close` ends it. */
  private isClosed = false;

  constructor(readonly child: ChildProcess) {
    // A chunk may end in the middle of a character.
    child.stdout?.setEncoding('utf8').on('data', (text: string) => this.append(() => (this.stdout += text)));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => this.append(() => (this.stderr += text)));
    this.finished = once(child, 'close').then(([code]) => {
      this.append(() => (this.isClosed = true));
      return { code: code as number | null, stdout: this.stdout, stderr: this.stderr };
    });
  }

  /** Resolves once the process has printed a text, and rejects if it ends without. */
  prints(pattern: RegExp): Promise<void> {
    return new Promise((resolve, reject) => {
      const check = (): void => {
        if (pattern.test(this.stdout + this.stderr)) resolve();
        else if (this.isClosed)
          reject(new Error(`the process ended without printing ${pattern}:\n${this.stderr}${this.stdout}`));
      };
      this.waiting.add(check);
      check();
    });
  }

  async kill(signal: NodeJS.Signals): Promise<Finished> {
    this.child.kill(signal);
    return this.finished;
  }

  private append(add: () => unknown): void {
    add();
    for (const check of this.waiting) check();
  }
}

export interface ProcessOptions {
  cwd?: string;
  env?: Record<string, string | undefined>;
  /** The text on standard input. */
  input?: string;
}

/** An empty folder, like that of a new user. */
export function emptyFolder(): string {
  return mkdtempSync(join(inject('folder'), 'user-'));
}

/** Spawns a program without the settings of this process. */
export function spawnProgram(
  name: 'starter' | 'worker' | 'codec/codec-server',
  args: readonly string[],
  { cwd, env, input }: ProcessOptions,
): Running {
  const { PATH, HOME } = process.env;
  const child = spawn(process.execPath, [program(name), ...args], {
    cwd: cwd ?? emptyFolder(),
    env: { PATH, HOME, TEMPORAL_CLI: inject('temporalCli'), ...env },
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  child.stdin?.end(input);
  return new Running(child);
}

/**
 * Spawns the starter on a terminal, which has no size if no columns are given. Text written to `child.stdin` is typed
 * there.
 */
export function spawnOnTerminal(
  args: readonly string[],
  { cwd, env, columns }: ProcessOptions & { columns?: number },
): Running {
  const { PATH, HOME } = process.env;
  const bridge = 'import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))';
  const sized = columns === undefined ? [] : ['sh', '-c', `stty columns ${columns} rows 24; exec "$@"`, 'sh'];
  const child = spawn('python3', ['-c', bridge, ...sized, process.execPath, program('starter'), ...args], {
    cwd: cwd ?? emptyFolder(),
    env: { PATH, HOME, TEMPORAL_CLI: inject('temporalCli'), TERM: 'xterm', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  return new Running(child);
}

/** Runs a command line of bash, in which "$@" is the starter with its arguments. */
export function spawnInBash(line: string, args: readonly string[], { cwd, env }: ProcessOptions): Running {
  const { PATH, HOME } = process.env;
  const child = spawn('bash', ['-c', line, 'bash', process.execPath, program('starter'), ...args], {
    cwd: cwd ?? emptyFolder(),
    env: { PATH, HOME, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return new Running(child);
}

export function runStarter(args: readonly string[], surroundings: ProcessOptions = {}): Promise<Finished> {
  return spawnProgram('starter', args, surroundings).finished;
}

/** The options that name a person. */
export function janeRoe(email = `${randomUUID()}@example.com`, role = 'User'): string[] {
  return ['--first-name', 'Jane', '--last-name', 'Roe', '--email', email, '--role', role];
}
