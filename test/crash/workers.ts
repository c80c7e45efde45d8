import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Running, type Finished } from '../support/starter.js';
import type { Kill, Plan } from './plan.js';
import type { Stage } from './stage.js';

/** Milliseconds within which the next accounts must appear, whatever was killed. */
const accountTimeoutMs = 400_000;

/** Two workers and the process that sends the requests. The stage stops the workers. */
export class ChaosWorkers {
  /** Set if a process ended that nobody killed. */
  private unexpectedEnd: Error | undefined;
  private requester: Running | undefined;
  private readonly workers: Running[] = [];

  private constructor(
    private readonly stage: Stage,
    private readonly planFile: string,
    private readonly people: number,
  ) {}

  static async start(stage: Stage, { requests, roles }: Plan): Promise<ChaosWorkers> {
    const planFile = join(stage.folder, 'plan.json');
    writeFileSync(planFile, JSON.stringify(requests));
    const workers = new ChaosWorkers(stage, planFile, roles.size);
    workers.workers.push(await workers.startWorker(), await workers.startWorker());
    workers.requester = workers.startRequester();
    return workers;
  }

  async kill({ target, how }: Kill): Promise<void> {
    const { stage } = this;
    switch (target) {
      case 'server':
        await stage.killServer();
        return stage.startServer();
      case 'sandbox':
        await stage.killSandbox();
        return stage.startSandbox();
      case 'requester':
        await this.requester?.kill('SIGKILL');
        this.requester = this.startRequester();
        return undefined;
      default:
        return this.killWorker(target === 'worker 1' ? 0 : 1, how);
    }
  }

  /** Waits until a number of people have accounts. Returns how many have. */
  async waitForAccounts(count: number): Promise<number> {
    for (const end = performance.now() + accountTimeoutMs; ; await delay(50)) {
      const present = await this.stage.portal.people().catch(() => []);
      const { length } = present.filter(({ email }) => email.endsWith('@example.com'));
      if (length >= count) return length;
      if (this.unexpectedEnd) throw this.unexpectedEnd;
      if (performance.now() > end) throw new Error(`expected ${count} accounts, but only ${length} appeared`);
    }
  }

  /** Resolves once every request was acknowledged. */
  async allAcknowledged(): Promise<void> {
    assertExitedCleanly(await this.requester?.finished);
  }

  async stop(): Promise<void> {
    await this.requester?.kill('SIGKILL');
  }

  private async killWorker(index: number, how: Kill['how']): Promise<void> {
    const worker = this.workers[index];
    if (how === 'SIGSTOP') {
      const present = await this.waitForAccounts(0);
      worker?.child.kill('SIGSTOP');
      await this.waitForAccounts(Math.min(present + 20, this.people)); // the other worker has taken over
      worker?.child.kill('SIGCONT');
      return;
    }
    const ended = worker?.kill(how);
    if (how === 'SIGTERM') assertExitedCleanly(await ended);
    this.workers[index] = await this.startWorker();
  }

  private async startWorker(): Promise<Running> {
    const env = { TEMPORAL_ADDRESS: this.stage.address, LOG_LEVEL: 'info' };
    return this.watched(await this.stage.startWorker('chaos', env));
  }

  private startRequester(): Running {
    const requester = fileURLToPath(new URL('send-requests.mjs', import.meta.url));
    const { address, portal } = this.stage;
    const args = [requester, this.planFile, address, 'chaos', portal.url];
    return this.watched(new Running(spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })));
  }

  private watched(running: Running): Running {
    void this.watch(running);
    return running;
  }

  private async watch({ child, finished }: Running): Promise<void> {
    const { code, stderr } = await finished;
    if (code === 0 || child.signalCode === 'SIGKILL') return;
    this.unexpectedEnd ??= new Error(
      `a process ended by itself with ${child.signalCode ?? code}:\n${stderr.slice(-2_000)}`,
    );
  }
}

function assertExitedCleanly(finished: Finished | undefined): void {
  if (finished?.code !== 0) throw new Error(`the process exited with ${finished?.code}:\n${finished?.stderr}`);
}
