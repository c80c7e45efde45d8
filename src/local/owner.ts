import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

/** What the owner of a local stack writes beside the SQLite file, for commands and for people. */
export interface OwnerRecord {
  pid: number;
  /** `dev` stays until it is stopped and is shared; `command` ends by itself and is waited for. */
  kind: 'dev' | 'command';
  /** Origin of the portal; set, with the rest, when the stack is up. */
  portal?: string;
  address?: string;
  webUi?: string;
  /** Of the sandbox, which is no secret: it listens on this machine alone. */
  sandboxKey?: string;
  /** Written as soon as the server is spawned, so that whoever comes after a kill finds it. */
  server?: { pid: number; database: string; port: number };
}

/**
 * The one owner of a local stack. The lock is a socket on which the owner listens: the system lets go of it when the
 * process dies, however it dies, and no pid that was used again can be taken for a living owner.
 *
 * Everybody who wants it listens first, on a socket of a name of its own, and looks second: of two at once, at least one
 * sees the other. Names are never used again, so that a dead one can be removed without a race.
 */
export class StackLock {
  private owns = false;

  private constructor(
    private readonly folder: string,
    private readonly path: string,
    private readonly lock: Server,
    private readonly watchers: Set<Socket>,
    private record: OwnerRecord,
    /** The server that an owner before left behind when it was killed. */
    readonly orphan: OwnerRecord['server'],
  ) {
    lock.on('connection', (socket) => socket.write(this.line()));
  }

  /**
   * Takes the lock, or says who has it.
   *
   * @param folder of the stack
   */
  static async take(folder: string, kind: OwnerRecord['kind']): Promise<StackLock | LockHolder> {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (;;) {
      const owner = await StackLock.candidate(folder, kind);
      const others = await livingBeside(folder, owner.path);
      if (others.length === 0 && existsSync(owner.path)) {
        owner.owns = true;
        owner.update({});
        return owner;
      }
      await owner.release();
      const held = await ownerAmong(others);
      if (held) return held;
      await delay(Math.random() * 50); // others only want it too
    }
  }

  private static async candidate(folder: string, kind: OwnerRecord['kind']): Promise<StackLock> {
    const path = join(folder, `owner-${process.pid}-${randomBytes(4).toString('hex')}${lockEnding}`);
    const watchers = new Set<Socket>();
    const lock = createServer((socket) => {
      watchers.add(socket);
      socket.on('error', () => undefined).once('close', () => watchers.delete(socket));
    });
    await new Promise<void>((resolve, reject) => {
      lock.once('error', reject).listen(path, resolve);
    });
    const orphan = lastRecord(folder)?.server;
    const record = { pid: process.pid, kind, ...(orphan && { server: orphan }) };
    return new StackLock(folder, path, lock, watchers, record, orphan);
  }

  /** Says what the stack consists of, to the file and to everybody who waits. */
  update(facts: Partial<OwnerRecord>): void {
    this.record = { ...this.record, ...facts };
    writeFileSync(recordIn(this.folder), `${JSON.stringify(this.record, null, 2)}\n`, { mode: 0o600 });
    for (const socket of this.watchers) socket.write(this.line());
  }

  async release(): Promise<void> {
    if (this.owns) rmSync(recordIn(this.folder), { force: true });
    for (const socket of this.watchers) socket.destroy();
    await new Promise((resolve) => this.lock.close(resolve));
  }

  private line(): string {
    return `${JSON.stringify({ owns: this.owns, record: this.record })}\n`;
  }
}

/** A lock that somebody else has. */
export class LockHolder {
  record: OwnerRecord | undefined;
  private readonly listeners = new Set<() => void>();
  private wants = false;
  private closed = false;

  private constructor(private readonly socket: Socket) {
    const lines = createInterface({ input: socket }).on('line', (line) => {
      const { owns, record } = JSON.parse(line) as { owns: boolean; record: OwnerRecord };
      if (owns) this.record = record;
      else this.wants = true;
      this.changed();
    });
    // An owner that is killed resets the connection: all there is to know is that it is closed.
    for (const emitter of [lines, socket]) emitter.on('error', () => undefined);
    socket.once('close', () => {
      this.closed = true;
      this.changed();
    });
  }

  /** `undefined` where nobody listens: the owner died. */
  static at(path: string): Promise<LockHolder | undefined> {
    return new Promise((resolve) => {
      const socket = connect(path);
      socket.once('connect', () => resolve(new LockHolder(socket)));
      socket.once('error', () => resolve(undefined));
    });
  }

  /** The record of a shared stack that is up, or `undefined` once the owner is gone. */
  async shared(): Promise<OwnerRecord | undefined> {
    await this.until(() => this.closed || (this.record?.kind === 'dev' && this.record.address !== undefined));
    const { record } = this;
    this.socket.destroy();
    return this.closed ? undefined : record;
  }

  /** What the owner says of itself first; `undefined` where it only wants to be the owner, or is gone. */
  async introduced(): Promise<OwnerRecord | undefined> {
    await this.until(() => this.closed || this.record !== undefined || this.wants);
    return this.record;
  }

  leave(): void {
    this.socket.destroy();
  }

  private until(holds: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = (): void => {
        if (!holds()) return;
        this.listeners.delete(check);
        resolve();
      };
      this.listeners.add(check);
      check();
    });
  }

  private changed(): void {
    for (const check of this.listeners) check();
  }
}

/** What an owner wrote last; it may be dead by now. */
export function lastRecord(folder: string): OwnerRecord | undefined {
  try {
    return JSON.parse(readFileSync(recordIn(folder), 'utf8')) as OwnerRecord;
  } catch {
    return undefined;
  }
}

const lockEnding = '.sock';
const recordIn = (folder: string): string => join(folder, 'owner.json');

/** The locks that somebody listens on; the others are removed. */
async function livingBeside(folder: string, own: string): Promise<LockHolder[]> {
  const paths = readdirSync(folder)
    .filter((name) => name.endsWith(lockEnding))
    .map((name) => join(folder, name))
    .filter((path) => path !== own);
  const living = await Promise.all(
    paths.map(async (path) => {
      const held = await LockHolder.at(path);
      if (!held) rmSync(path, { force: true });
      return held;
    }),
  );
  return living.filter((held) => held !== undefined);
}

async function ownerAmong(others: readonly LockHolder[]): Promise<LockHolder | undefined> {
  let owner: LockHolder | undefined;
  for (const held of others) {
    if (!owner && (await held.introduced())) owner = held;
    else held.leave();
  }
  return owner;
}
