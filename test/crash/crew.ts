import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Running, type Finished } from '../support/starter.js';
import type { Blow, Plan } from './plan.js';
import type { Stage } from './stage.js';

/** Milliseconds in which the next accounts must come, whatever was killed. */
const patience = 150_000;

/** Two workers, and the crowd that asks; the stage ends the workers. */
export class Crew {
  /** One of them has ended, and nobody had killed it. */
  private broken: Error | undefined;
  private crowd: Running | undefined;
  private readonly workers: Running[] = [];

  private constructor(
    private readonly stage: Stage,
    private readonly planFile: string,
    private readonly people: number,
  ) {}

  static async gather(stage: Stage, { asked, roles }: Plan): Promise<Crew> {
    const planFile = join(stage.folder, 'plan.json');
    writeFileSync(planFile, JSON.stringify(asked));
    const crew = new Crew(stage, planFile, roles.size);
    crew.workers.push(await crew.worker(), await crew.worker());
    crew.crowd = crew.asking();
    return crew;
  }

  async strike({ target, how }: Blow): Promise<void> {
    const { stage } = this;
    switch (target) {
      case 'server':
        await stage.killServer();
        return stage.startServer();
      case 'sandbox':
        await stage.killSandbox();
        return stage.startSandbox();
      case 'crowd':
        await this.crowd?.kill('SIGKILL');
        this.crowd = this.asking();
        return undefined;
      default:
        return this.strikeWorker(target === 'worker 1' ? 0 : 1, how);
    }
  }

  /** Resolves once so many people have an account, and says how many have. */
  async accounts(count: number): Promise<number> {
    for (const end = performance.now() + patience; ; await delay(50)) {
      const present = await this.stage.portal.people().catch(() => []);
      const { length } = present.filter(({ email }) => email.endsWith('@example.com'));
      if (length >= count) return length;
      if (this.broken) throw this.broken;
      if (performance.now() > end) throw new Error(`${count} accounts did not come: there are ${length}`);
    }
  }

  /** Resolves once everything was asked for, and acknowledged. */
  async asked(): Promise<void> {
    endedWell(await this.crowd?.finished);
  }

  async dismiss(): Promise<void> {
    await this.crowd?.kill('SIGKILL');
  }

  private async strikeWorker(index: number, how: Blow['how']): Promise<void> {
    const worker = this.workers[index];
    if (how === 'SIGSTOP') {
      const present = await this.accounts(0);
      worker?.child.kill('SIGSTOP');
      await this.accounts(Math.min(present + 20, this.people)); // the other one has taken over
      worker?.child.kill('SIGCONT');
      return;
    }
    const ended = worker?.kill(how);
    if (how === 'SIGTERM') endedWell(await ended);
    this.workers[index] = await this.worker();
  }

  private async worker(): Promise<Running> {
    const env = { TEMPORAL_ADDRESS: this.stage.address, LOG_LEVEL: 'info' };
    return this.watched(await this.stage.startWorker('chaos', env));
  }

  private asking(): Running {
    const crowd = fileURLToPath(new URL('crowd.mjs', import.meta.url));
    const { address, portal } = this.stage;
    const args = [crowd, this.planFile, address, 'chaos', portal.url];
    return this.watched(new Running(spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })));
  }

  private watched(running: Running): Running {
    void this.watch(running);
    return running;
  }

  private async watch({ child, finished }: Running): Promise<void> {
    const { code, stderr } = await finished;
    if (code === 0 || child.signalCode === 'SIGKILL') return;
    this.broken ??= new Error(`it ended by itself with ${child.signalCode ?? code}:\n${stderr.slice(-2_000)}`);
  }
}

function endedWell(finished: Finished | undefined): void {
  if (finished?.code !== 0) throw new Error(`it ended with ${finished?.code}:\n${finished?.stderr}`);
}
