import { randomBytes } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { parseRecord, removeRecord, writeRecord, type StackRecord } from './stack-record.js';

/**
 * The lock of a local stack is a socket on which its owner listens. The system releases it when the process dies,
 * however it dies, and a reused pid is never mistaken for a living owner.
 *
 * Each candidate first listens on its own socket, and then looks for others. Of two that do so at once, at least one
 * sees the other. Names are never reused, so the socket of a dead process can be removed without a race.
 */
export class StackLock {
  private isOwner = false;

  private constructor(
    private readonly folder: string,
    private readonly path: string,
    private readonly server: Server,
    private readonly watchers: Set<Socket>,
    private record: StackRecord,
  ) {
    server.on('connection', (socket) => socket.write(this.line()));
  }

  /** Acquires the lock, or finds who holds it. */
  static async acquire(folder: string, kind: StackRecord['kind']): Promise<StackLock | LockHolder> {
    for (;;) {
      const lock = await StackLock.listen(folder, kind);
      const others = await otherCandidates(folder, lock.path);
      if (others.length === 0 && existsSync(lock.path)) {
        lock.isOwner = true;
        lock.publish({});
        return lock;
      }
      await lock.release();
      const holder = await findOwner(others);
      if (holder) return holder;
      await delay(Math.random() * 50); // the others are candidates, too
    }
  }

  private static async listen(folder: string, kind: StackRecord['kind']): Promise<StackLock> {
    const path = join(folder, `${process.pid}-${randomBytes(4).toString('hex')}${socketExtension}`);
    const watchers = new Set<Socket>();
    const server = createServer((socket) => {
      watchers.add(socket);
      socket.on('error', () => undefined).once('close', () => watchers.delete(socket));
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) => reject(Object.assign(error, { path }))).listen(path, resolve);
    });
    return new StackLock(folder, path, server, watchers, { pid: process.pid, kind });
  }

  /** Publishes facts about the stack in the file, and to every waiting process. */
  publish(facts: Partial<StackRecord>): void {
    this.record = { ...this.record, ...facts };
    writeRecord(this.folder, this.record);
    for (const socket of this.watchers) socket.write(this.line());
  }

  async release(): Promise<void> {
    if (this.isOwner) removeRecord(this.folder);
    for (const socket of this.watchers) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private line(): string {
    return `${JSON.stringify({ isOwner: this.isOwner, record: this.record })}\n`;
  }
}

/** Another process that holds the lock, or is a candidate for it. */
export class LockHolder {
  private record: StackRecord | undefined;
  private readonly changes = new EventEmitter();
  private isCandidate = false;
  private isClosed = false;

  private constructor(private readonly socket: Socket) {
    const lines = createInterface({ input: socket }).on('line', (line) => {
      const { isOwner, record } = JSON.parse(line) as { isOwner: boolean; record: unknown };
      if (isOwner) this.record = parseRecord(record);
      else this.isCandidate = true;
      this.changes.emit('change');
    });
    // A killed owner resets the connection. The close event is enough.
    for (const emitter of [lines, socket]) emitter.on('error', () => undefined);
    socket.once('close', () => {
      this.isClosed = true;
      this.changes.emit('change');
    });
  }

  /** Connects to a holder; `undefined` if nobody listens, because the process is dead. */
  static at(path: string): Promise<LockHolder | undefined> {
    return new Promise((resolve, reject) => {
      const socket = connect(path);
      socket.once('connect', () => resolve(new LockHolder(socket)));
      socket.once('error', (error: NodeJS.ErrnoException) => {
        // Node cuts a path that is too long, and then reports that the file does not exist.
        if (error.code === 'ECONNREFUSED' || !existsSync(path)) resolve(undefined);
        else reject(error);
      });
    });
  }

  /** Waits for a shared stack that has started; `undefined` if the owner has ended. */
  async waitForStack(): Promise<StackRecord | undefined> {
    await this.until(() => this.isClosed || (this.record?.kind === 'dev' && this.record.address !== undefined));
    const { record } = this;
    this.socket.destroy();
    return this.isClosed ? undefined : record;
  }

  /** The first record of an owner; `undefined` if the process is only a candidate, or has ended. */
  async identify(): Promise<StackRecord | undefined> {
    await this.until(() => this.isClosed || this.record !== undefined || this.isCandidate);
    return this.record;
  }

  disconnect(): void {
    this.socket.destroy();
  }

  private async until(holds: () => boolean): Promise<void> {
    while (!holds()) await once(this.changes, 'change');
  }
}

/** Whether a living process owns the stack of a folder. One that does not answer, or cannot be reached, is alive. */
export async function hasOwner(folder: string): Promise<boolean> {
  // The absolute path of a socket may be too long.
  const others = await otherCandidates(relative('', folder) || '.').catch(() => undefined);
  if (!others) return existsSync(folder);
  const silence = delay(1_000, 'silent', { ref: false });
  const owner = await Promise.race([findOwner(others), silence]);
  for (const holder of others) holder.disconnect();
  return owner !== undefined;
}

const socketExtension = '.sock';

/** Connects to every other process that listens, and removes the sockets of dead ones. */
async function otherCandidates(folder: string, ownPath?: string): Promise<LockHolder[]> {
  const paths = readdirSync(folder)
    .filter((name) => name.endsWith(socketExtension))
    .map((name) => join(folder, name))
    .filter((path) => path !== ownPath);
  const holders = await Promise.all(
    paths.map(async (path) => {
      const holder = await LockHolder.at(path);
      if (!holder) rmSync(path, { force: true });
      return holder;
    }),
  );
  return holders.filter((holder) => holder !== undefined);
}

async function findOwner(others: readonly LockHolder[]): Promise<LockHolder | undefined> {
  let owner: LockHolder | undefined;
  for (const holder of others) {
    if (!owner && (await holder.identify())) owner = holder;
    else holder.disconnect();
  }
  return owner;
}
