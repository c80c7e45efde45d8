import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { inject } from 'vitest';
import { spawnDevServer, type DevServer } from '../../src/local/dev-server.js';
import { freePort } from '../../src/local/ports.js';
import type { KeyHolder } from '../../src/sandbox/portal/seed.js';
import { TestPortal } from '../support/portal.js';
import { spawnProgram, type Running } from '../support/starter.js';
import { Relay } from './relay.js';

/** Short, because this portal commits at once or when a hold is released. */
const settleWindow = '1s';

/**
 * Runs everything in separate processes: the Temporal server with a database file, the sandbox, workers and starters. Each can
 * be killed, and started again with the same data and ports.
 */
export class Stage {
  private readonly spawned: Running[] = [];

  private constructor(
    readonly folder: string,
    private readonly serverFlags: readonly string[],
    private readonly ports: Ports,
    private server: DevServer,
    private sandbox: Running,
    readonly portal: TestPortal,
    /** Between worker and server. */
    readonly workerRelay: Relay,
    /** Between starter and server. */
    readonly starterRelay: Relay,
  ) {}

  /** @param serverFlags additional flags of the dev server */
  static async open(serverFlags: readonly string[] = []): Promise<Stage> {
    const folder = mkdtempSync(join(tmpdir(), 'stage-'));
    const ports = { server: await freePort(0), ui: await freePort(0), sandbox: await freePort(0) };
    const [server, sandbox] = await Promise.all([startServer(serverFlags, folder, ports), startSandbox(folder, ports)]);
    const { url, keys } = JSON.parse(sandbox.stdout) as { url: string; keys: Record<KeyHolder, string> };
    const portal = new TestPortal(url, keys, async () => undefined);
    const relays = [await Relay.start(ports.server), await Relay.start(ports.server)] as const;
    return new Stage(folder, serverFlags, ports, server, sandbox, portal, ...relays);
  }

  /** The server's own address, without a relay. */
  get address(): string {
    return `127.0.0.1:${this.ports.server}`;
  }

  async killServer(): Promise<void> {
    const { pid } = this.server;
    if (pid > 0) process.kill(pid, 'SIGKILL'); // 0 would kill this whole process group
    await this.server.stop();
  }

  async startServer(): Promise<void> {
    this.server = await startServer(this.serverFlags, this.folder, this.ports);
  }

  /** From now on the server cannot write to any file, as with a full disk. Linux only. */
  async fillDisk(): Promise<void> {
    await promisify(execFile)('prlimit', ['--pid', String(this.server.pid), '--fsize=1']);
  }

  async killSandbox(): Promise<void> {
    await this.sandbox.kill('SIGKILL');
  }

  async startSandbox(): Promise<void> {
    this.sandbox = await startSandbox(this.folder, this.ports);
  }

  /** @param taskQueue each test has its own, so nothing that one leaves behind reaches the next */
  async startWorker(taskQueue: string, env: Record<string, string> = {}): Promise<Running> {
    const running = this.spawnWorker(taskQueue, env);
    await running.prints(/worker ready/);
    return running;
  }

  spawnWorker(taskQueue: string, env: Record<string, string> = {}): Running {
    return this.spawn('worker', [], { ...this.env(this.workerRelay.address, taskQueue), ...env });
  }

  starter(taskQueue: string, args: readonly string[]): Running {
    return this.spawn('starter', args, this.env(this.starterRelay.address, taskQueue));
  }

  private spawn(program: 'worker' | 'starter', args: readonly string[], env: Record<string, string>): Running {
    const running = spawnProgram(program, args, { env });
    this.spawned.push(running);
    return running;
  }

  async close(): Promise<void> {
    this.workerRelay.close();
    this.starterRelay.close();
    await Promise.all([this.sandbox, ...this.spawned].map((each) => each.kill('SIGKILL')));
    await this.killServer();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private env(address: string, taskQueue: string): Record<string, string> {
    return {
      API_HOST: this.portal.url,
      API_KEY: this.portal.keys.owner,
      TEMPORAL_ADDRESS: address,
      TASK_QUEUE: taskQueue,
      SETTLE_WINDOW: settleWindow,
    };
  }
}

interface Ports {
  server: number;
  ui: number;
  sandbox: number;
}

/** Wraps the Temporal CLI so that its server gets more flags. */
function withFlags(folder: string, flags: readonly string[]): string {
  const cli = inject('temporalCli');
  if (flags.length === 0) return cli;
  const file = join(folder, 'temporal');
  writeFileSync(file, `#!/bin/sh\nexec '${cli}' "$@" ${flags.join(' ')}\n`, { mode: 0o700 });
  return file;
}

async function startServer(flags: readonly string[], folder: string, { server: port, ui }: Ports): Promise<DevServer> {
  const server = spawnDevServer(withFlags(folder, flags), folder, port, ui);
  await server.listening();
  return server;
}

/** Keeps the people in a file, so they survive a kill. */
async function startSandbox(folder: string, { sandbox }: Ports): Promise<Running> {
  const data = join(folder, 'people.jsonl');
  const running = spawnProgram(
    'starter',
    ['sandbox', '--port', String(sandbox), '--data', data, '--json', '--faults'],
    {},
  );
  await running.prints(/"keys".*\n/);
  return running;
}
