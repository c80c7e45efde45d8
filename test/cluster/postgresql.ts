import { execFile, execFileSync, spawn } from 'node:child_process';
import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Running } from '../support/starter.js';

/** PostgreSQL in its own folder, set up like its image: a superuser, and a database of the same name. */
export class Postgresql {
  private readonly folder = mkdtempSync(join(tmpdir(), 'cluster-postgresql-'));
  private readonly somebody = whoMayRunIt();
  private server: Running | undefined;

  constructor(
    private readonly programs: string,
    readonly port: number,
    private readonly user: string,
    private readonly password: string,
  ) {}

  get pid(): number {
    return this.server?.child.pid ?? 0;
  }

  async create(): Promise<void> {
    const passwordFile = join(this.folder, 'password');
    writeFileSync(passwordFile, this.password);
    if (this.somebody)
      for (const path of [passwordFile, this.folder]) chownSync(path, this.somebody.uid, this.somebody.gid);
    const asked = ['--username', this.user, '--pwfile', passwordFile, '--auth', 'scram-sha-256', '--encoding', 'UTF8'];
    await promisify(execFile)(join(this.programs, 'initdb'), ['--pgdata', this.data, ...asked], this.place);
    await this.start();
    await this.query('postgres', `CREATE DATABASE ${this.user}`);
  }

  /** Resolves once it accepts connections, by the health check of the compose file. */
  async start(): Promise<void> {
    const flags = ['-D', this.data, '-p', String(this.port), '-h', '127.0.0.1', '-k', this.folder];
    this.server = new Running(
      spawn(join(this.programs, 'postgres'), flags, { ...this.place, stdio: ['ignore', 'pipe', 'pipe'] }),
    );
    while (!(await this.isReady())) await delay(100);
  }

  /** Stops it like a power cut, so the next start recovers from the log. */
  async cut(): Promise<void> {
    await this.server?.kill('SIGQUIT');
  }

  async remove(): Promise<void> {
    await this.cut();
    rmSync(this.folder, { recursive: true, force: true });
  }

  async query(database: string, sql: string): Promise<string> {
    const where = ['--host', '127.0.0.1', '--port', String(this.port), '--username', this.user, '--dbname', database];
    const { stdout } = await promisify(execFile)(join(this.programs, 'psql'), [...where, '-Atqc', sql], {
      env: { ...process.env, PGPASSWORD: this.password },
    });
    return stdout.trim();
  }

  private get data(): string {
    return join(this.folder, 'data');
  }

  private get place(): { cwd: string; uid?: number; gid?: number } {
    return { cwd: this.folder, ...this.somebody };
  }

  private async isReady(): Promise<boolean> {
    const { child, stderr } = this.server ?? {};
    if (child?.exitCode !== null) throw new Error(`PostgreSQL ended:\n${stderr}`);
    const asked = ['--host=127.0.0.1', `--port=${this.port}`, `--username=${this.user}`];
    return promisify(execFile)(join(this.programs, 'pg_isready'), asked).then(
      () => true,
      () => false,
    );
  }
}

/** PostgreSQL refuses to run as root. In that case it runs as the user postgres, or as nobody. */
function whoMayRunIt(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const idOf = (flag: string, user: string): number => Number(execFileSync('id', [flag, user], { stdio: 'pipe' }));
  for (const user of ['postgres', 'nobody']) {
    try {
      return { uid: idOf('-u', user), gid: idOf('-g', user) };
    } catch {
      // no such user
    }
  }
  throw new Error('PostgreSQL does not run as root, and the users postgres and nobody do not exist');
}
