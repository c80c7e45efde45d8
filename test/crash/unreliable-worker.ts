import { fileURLToPath } from 'node:url';
import { splitAddress } from '../../src/temporal/connection.js';
import type { Running } from '../support/starter.js';
import { TcpRelay } from '../support/tcp-relay.js';
import type { Stage } from './stage.js';

const skewedClock = fileURLToPath(new URL('../support/skewed-clock.mjs', import.meta.url));

/** A worker that can be cut off from Temporal, but not from the portal. Its clock may be wrong. */
export class UnreliableWorker {
  private constructor(
    private readonly stage: Stage,
    private readonly taskQueue: string,
    private readonly env: Record<string, string>,
    private readonly relay: TcpRelay,
    private running: Running,
  ) {}

  static async start(stage: Stage, taskQueue: string, clockSkewMs: number): Promise<UnreliableWorker> {
    const relay = await TcpRelay.start(splitAddress(stage.address).port);
    const env = {
      TEMPORAL_ADDRESS: relay.address,
      NODE_OPTIONS: `--import=${skewedClock}`,
      CLOCK_SKEW_MS: String(clockSkewMs),
      SETTLE_WINDOW: '3s',
    };
    return new UnreliableWorker(stage, taskQueue, env, relay, await stage.startWorker(taskQueue, env));
  }

  /** For Temporal the worker is dead. The worker notices only that nothing answers. */
  cutOff(): void {
    this.relay.cut();
  }

  reconnect(): void {
    this.relay.restore();
  }

  /** Kills the worker, and starts it again with a connection. */
  async restart(): Promise<void> {
    await this.running.kill('SIGKILL');
    this.reconnect();
    this.running = await this.stage.startWorker(this.taskQueue, this.env);
  }

  close(): void {
    this.relay.close();
  }
}
