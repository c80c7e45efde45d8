import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** What the owner of a local stack writes beside the SQLite file, for commands and for people. */
export interface OwnerRecord {
  pid: number;
  /** `dev` stays until it is stopped and is shared; `command` ends by itself and is waited for. */
  kind: 'dev' | 'command';
  /** Origin of the portal; set, with the rest, when the stack is up. */
  portal?: string;
  address?: string;
  webUi?: string;
  /** Written as soon as the server is spawned, so that whoever comes after a kill finds it. */
  server?: { pid: number; database: string; port: number };
}

/**
 * The one owner of a local stack. The lock is a socket on which the owner listens: the system lets go of it when the
 * process dies, however it dies, and no pid that was used again can be taken for a living owner.
 */
export class Owner {
  private constructor(
    private readonly folder: string,
    private record: OwnerRecord,
    private readonly server: Server,
    private readonly watchers: Set<Socket>,
    /** The server that an owner before left behind when it was killed. */
    readonly orphan: OwnerRecord['server'],
  ) {
    this.write();
  }

  /**
   * Takes the lock, or says who has it.
   *
   * @param folder of the stack
   */
  static async take(folder: string, kind: OwnerRecord['kind']): Promise<Owner | Held> {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const path = lockIn(folder);
    for (;;) {
      const watchers = new Set<Socket>();
      const server = await listenOn(path, watchers);
      if (server) {
        const orphan = lastRecord(folder)?.server;
        const record = { pid: process.pid, kind, ...(orphan && { server: orphan }) };
        const owner = new Owner(folder, record, server, watchers, orphan);
        server.on('connection', (socket) => socket.write(`${JSON.stringify(owner.record)}\n`));
        return owner;
      }
      const held = await Held.at(path);
      if (held) return held;
      await discard(path);
    }
  }

  /** Says what the stack consists of, to the file and to everybody who waits. */
  update(facts: Partial<OwnerRecord>): void {
    this.record = { ...this.record, ...facts };
    this.write();
    for (const socket of this.watchers) socket.write(`${JSON.stringify(this.record)}\n`);
  }

  async release(): Promise<void> {
    rmSync(recordIn(this.folder), { force: true });
    for (const socket of this.watchers) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private write(): void {
    writeFileSync(recordIn(this.folder), `${JSON.stringify(this.record, null, 2)}\n`, { mode: 0o600 });
  }
}

/** A lock that somebody else has. */
export class Held {
  record: OwnerRecord | undefined;
  private readonly listeners = new Set<() => void>();
  private closed = false;

  private constructor(private readonly socket: Socket) {
    createInterface({ input: socket }).on('line', (line) => {
      this.record = JSON.parse(line) as OwnerRecord;
      this.changed();
    });
    socket
      .on('error', () => undefined)
      .once('close', () => {
        this.closed = true;
        this.changed();
      });
  }

  /** `undefined` where nobody listens: the owner died. */
  static at(path: string): Promise<Held | undefined> {
    return new Promise((resolve) => {
      const socket = connect(path);
      socket.once('connect', () => resolve(new Held(socket)));
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

  /** The first thing the owner says of itself. */
  async introduced(): Promise<OwnerRecord | undefined> {
    await this.until(() => this.closed || this.record !== undefined);
    return this.record;
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

const lockIn = (folder: string): string => join(folder, 'owner.sock');
const recordIn = (folder: string): string => join(folder, 'owner.json');

function listenOn(path: string, watchers: Set<Socket>): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      watchers.add(socket);
      socket.on('error', () => undefined).once('close', () => watchers.delete(socket));
    });
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
    );
    server.listen(path, () => resolve(server));
  });
}

/**
 * Takes a dead owner's socket away. Another command may have done so already and listen there by now: what was taken is
 * asked once more, and put back where somebody answers.
 */
async function discard(path: string): Promise<void> {
  const aside = `${path}.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  if (await Held.at(aside)) renameSync(aside, path);
  else rmSync(aside, { force: true });
}
