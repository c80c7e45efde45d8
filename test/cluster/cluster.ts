import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { findTemporalCli } from '../../src/local/temporal-cli.js';
import { freePort } from '../../src/local/ports.js';
import type { KeyHolder } from '../../src/sandbox/portal/seed.js';
import { TestPortal } from '../support/portal.js';
import { Running, spawnProgram } from '../support/starter.js';
import { environmentOf, scriptOf } from './compose.js';
import { Postgresql } from './postgresql.js';

const given = (name: string): string => {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set. Run this with: npm run test:cluster`);
  return value;
};

const deployment = 'onboarding';

/**
 * The services of docker-compose.yml as local processes, with its environment and scripts. Only addresses and ports differ.
 */
export class Cluster {
  private readonly folder = mkdtempSync(join(tmpdir(), 'cluster-'));
  private readonly workers = new Map<string, Running>();
  private server: Running | undefined;

  private constructor(
    readonly postgresql: Postgresql,
    private readonly settings: Record<string, string>,
    private readonly ports: Record<string, string>,
    private readonly sandbox: Running,
    readonly portal: TestPortal,
  ) {}

  /** Starts the portal only. */
  static async open(): Promise<Cluster> {
    const sandbox = spawnProgram('starter', ['sandbox', '--port', '0', '--json', '--faults'], { cwd: tmpdir() });
    await sandbox.prints(/"keys".*\n/);
    const { url, keys } = JSON.parse(sandbox.stdout) as { url: string; keys: Record<KeyHolder, string> };
    const settings = {
      API_HOST: url,
      POSTGRES_PASSWORD: randomBytes(16).toString('hex'),
      WORKER_DEPLOYMENT: deployment,
      // Short, because this portal commits at once. After a crash, an unclear create waits this long.
      SETTLE_WINDOW: '2s',
    };
    const user = environmentOf('postgresql', settings)['POSTGRES_USER'] ?? '';
    const postgresql = new Postgresql(given('CLUSTER_POSTGRESQL'), await freePort(0), user, settings.POSTGRES_PASSWORD);
    const portal = new TestPortal(url, keys, async () => undefined);
    return new Cluster(postgresql, settings, await portsOfServer(), sandbox, portal);
  }

  /** Starts the services in the order of the compose file. */
  async bringUp(): Promise<void> {
    this.write('API_KEY', this.portal.keys.owner);
    this.write('CODEC_KEYS', `k1:${randomBytes(32).toString('base64')}`);
    this.write('ID_KEY', randomBytes(32).toString('base64'));
    const bin = join(this.folder, 'bin');
    mkdirSync(bin);
    symlinkSync(join(given('CLUSTER_SERVER'), 'temporal-sql-tool'), join(bin, 'temporal-sql-tool'));
    const { path } = await findTemporalCli('.local/temporal-cli', (line) => process.stderr.write(`${line}\n`));
    if (path.includes('/')) symlinkSync(path, join(bin, 'temporal'));

    await this.postgresql.create();
    // Twice, because the next `docker compose up` runs it again.
    for (let time = 0; time < 2; time++) await this.runScript('temporal-schema');
    await this.startServer();
    for (let time = 0; time < 2; time++) await this.runScript('temporal-namespace');
  }

  get address(): string {
    return `127.0.0.1:${this.ports['FRONTEND_GRPC_PORT']}`;
  }

  /** The processes of the server, the database and the workers. */
  get pids(): { server: number; database: number; workers: number[] } {
    const workers = [...this.workers.values()].map(({ child }) => child.pid ?? 0);
    return { server: this.server?.child.pid ?? 0, database: this.postgresql.pid, workers };
  }

  async startServer(): Promise<void> {
    const env = {
      ...environmentOf('temporal', this.settings),
      ...this.ports,
      POSTGRES_SEEDS: '127.0.0.1',
      DB_PORT: String(this.postgresql.port),
      BIND_ON_IP: '127.0.0.1',
      PROMETHEUS_ENDPOINT: `127.0.0.1:${this.ports['METRICS_PORT']}`,
      LOG_LEVEL: 'warn',
    };
    // The same command as the image's entry point.
    const child = spawn(join(given('CLUSTER_SERVER'), 'temporal-server'), ['start'], { env, cwd: this.folder });
    this.server = new Running(child);
    const health = `http://127.0.0.1:${this.ports['FRONTEND_HTTP_PORT']}/api/v1/system-info`;
    for (;;) {
      if (child.exitCode !== null) throw new Error(`the server ended:\n${this.server.stdout.slice(-5_000)}`);
      if ((await fetch(health).catch(() => undefined))?.ok) return;
      await delay(100);
    }
  }

  async metricsOfServer(): Promise<string> {
    return (await fetch(`http://127.0.0.1:${this.ports['METRICS_PORT']}/metrics`)).text();
  }

  async killServer(): Promise<void> {
    await this.server?.kill('SIGKILL');
  }

  async startWorker(name: string, buildId: string): Promise<void> {
    const worker = spawnProgram('worker', [], {
      cwd: this.folder,
      env: { ...environmentOf('worker', { ...this.settings, BUILD_ID: buildId }), ...this.ours },
    });
    this.workers.set(name, worker);
    await worker.prints(/worker ready/);
  }

  async endWorker(name: string, signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null | undefined> {
    const ended = await this.workers.get(name)?.kill(signal);
    this.workers.delete(name);
    return ended?.code;
  }

  /** Makes this build current: new runs start on it, and open runs move to it. */
  async makeCurrent(buildId: string): Promise<void> {
    const build = ['--deployment-name', deployment, '--build-id', buildId, '--yes'];
    // The server knows a build only after one of its workers has polled.
    while (!(await this.temporal('worker', 'deployment', 'set-current-version', ...build))) await delay(200);
  }

  /** The build that completed the last workflow task of a run. */
  async buildOf(workflowId: string): Promise<string | undefined> {
    const said = await this.temporal('workflow', 'describe', '--workflow-id', workflowId, '--output', 'json');
    const { workflowExecutionInfo } = JSON.parse(said ?? '{}') as {
      workflowExecutionInfo?: { versioningInfo?: { deploymentVersion?: { buildId: string } } };
    };
    return workflowExecutionInfo?.versioningInfo?.deploymentVersion?.buildId;
  }

  /** Runs a command of the starter to its end, in the folder of the file. */
  starter(args: readonly string[]): Running {
    return spawnProgram('starter', args, { cwd: this.folder, env: this.ours });
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.folder, name), text);
  }

  async close(): Promise<void> {
    await Promise.all([...this.workers.values(), this.sandbox].map((each) => each.kill('SIGKILL')));
    await this.killServer();
    await this.postgresql.remove();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async runScript(service: string): Promise<void> {
    const schemasOfImage = '/etc/temporal/schema';
    const script = scriptOf(service).replace(schemasOfImage, given('CLUSTER_SCHEMA'));
    const env = {
      ...environmentOf(service, this.settings),
      ...this.withTools,
      SQL_HOST: '127.0.0.1',
      SQL_PORT: String(this.postgresql.port),
      TEMPORAL_ADDRESS: this.address,
    };
    await promisify(execFile)('sh', ['-euc', script], { env, cwd: this.folder });
  }

  /** @returns the output of the Temporal CLI, or an empty text if it failed */
  private async temporal(...args: string[]): Promise<string | undefined> {
    const env = { ...this.withTools, TEMPORAL_ADDRESS: this.address };
    return promisify(execFile)('temporal', args, { env }).then(
      ({ stdout }) => stdout || 'done',
      () => undefined,
    );
  }

  private get withTools(): Record<string, string> {
    return { PATH: `${join(this.folder, 'bin')}:${process.env['PATH']}`, HOME: this.folder };
  }

  private get ours(): Record<string, string> {
    const files = ['API_KEY', 'CODEC_KEYS', 'ID_KEY'].map((name) => [`${name}_FILE`, join(this.folder, name)]);
    return {
      TEMPORAL_ADDRESS: this.address,
      METRICS_ADDRESS: '',
      ...Object.fromEntries(files),
      API_HOST: this.portal.url,
    };
  }
}

/** Chooses free ports. They stay below 32,768, because the server stores ports in signed 16-bit columns. */
async function portsOfServer(): Promise<Record<string, string>> {
  const names = ['FRONTEND', 'HISTORY', 'MATCHING', 'WORKER'].flatMap((service) => [
    `${service}_GRPC_PORT`,
    `${service}_MEMBERSHIP_PORT`,
  ]);
  const ports: Record<string, string> = {};
  let port = 17_233;
  for (const name of [...names, 'FRONTEND_HTTP_PORT', 'METRICS_PORT']) {
    while ((await freePort(port)) !== port) port++;
    ports[name] = String(port++);
  }
  return ports;
}
