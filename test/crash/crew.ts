import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { SandboxPerson, TestPortal } from '../support/portal.js';
import { Running, type Finished } from '../support/starter.js';
import type { Blow, Plan } from './plan.js';
import type { Stage } from './stage.js';

/** Two workers, and the crowd that asks; the stage ends the workers. */
export class Crew {
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

  /** Resolves once everything was asked for, and acknowledged. */
  async asked(): Promise<void> {
    endedWell(await this.crowd?.finished);
  }

  async dismiss(): Promise<void> {
    await this.crowd?.kill('SIGKILL');
  }

  private async strikeWorker(index: number, how: Blow['how']): Promise<void> {
    const worker = this.workers[index];
    const { stage } = this;
    if (how === 'SIGSTOP') {
      const { length } = await accounts(stage.portal, 0);
      worker?.child.kill('SIGSTOP');
      await accounts(stage.portal, Math.min(length + 20, this.people)); // the other one has taken over
      worker?.child.kill('SIGCONT');
      return;
    }
    const ended = worker?.kill(how);
    if (how === 'SIGTERM') endedWell(await ended);
    this.workers[index] = await this.worker();
  }

  private worker(): Promise<Running> {
    return this.stage.startWorker('chaos', { TEMPORAL_ADDRESS: this.stage.address, LOG_LEVEL: 'info' });
  }

  private asking(): Running {
    const crowd = fileURLToPath(new URL('crowd.mjs', import.meta.url));
    const { address, portal } = this.stage;
    const args = [crowd, this.planFile, address, 'chaos', portal.url];
    return new Running(spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] }));
  }
}

/** Resolves once so many of the crowd have an account. */
export async function accounts(portal: TestPortal, count: number): Promise<SandboxPerson[]> {
  for (;;) {
    const present = (await portal.people().catch(() => [])).filter(({ email }) => email.endsWith('@example.com'));
    if (present.length >= count) return present;
    await delay(50);
  }
}

function endedWell(finished: Finished | undefined): void {
  if (finished?.code !== 0) throw new Error(`it ended with ${finished?.code}:\n${finished?.stderr}`);
}
