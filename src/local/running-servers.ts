import { execFile } from 'node:child_process';
import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { splitAddress } from '../temporal/connection.js';
import { isLoopback } from '../utils/loopback.js';
import { stopTimeoutMs } from './processes.js';
import { hasOwner } from './stack-lock.js';
import { readRecord } from './stack-record.js';

/** A running dev server of this user that this program started, recognised by its database. */
interface RunningServer {
  pid: number;
  port: number;
  database: string;
}

export async function listDevServers(): Promise<RunningServer[]> {
  return (await listCommandLines()).flatMap(({ pid, line }) => {
    const [, database] =
      / server start-dev .*--db-filename (.+?\/\.local\/[^/ ]+\/temporal\.sqlite)(?: --|\s*$)/.exec(line) ?? [];
    const [, port] = / --port (\d+)/.exec(line) ?? [];
    return database === undefined || port === undefined ? [] : [{ pid, port: Number(port), database }];
  });
}

/** Whether the server of another folder listens on a port, or tries to. */
export async function hasRival(database: string, port: number): Promise<boolean> {
  return (await listDevServers()).some((server) => server.port === port && server.database !== database);
}

/** The stack whose server listens on a port, in whichever folder. */
interface FoundStack {
  folder: string;
  /** The working folder of its owner. */
  home: string;
  pid: number;
  /** Origin of the portal, if the stack has started. */
  portal: string | undefined;
  /** Whether its owner was killed and left the server running. */
  isAbandoned: boolean;
}

export async function findStack(port: number): Promise<FoundStack | undefined> {
  const server = (await listDevServers()).find((each) => each.port === port);
  if (!server) return undefined;
  const folder = dirname(server.database);
  const home = dirname(dirname(folder));
  const isAbandoned = !(await hasOwner(folder));
  return { folder, home, pid: server.pid, portal: readRecord(folder)?.portal, isAbandoned };
}

/** The stack whose server has this address. Only a stack of this machine is found. */
export async function findStackAt(address: string): Promise<FoundStack | undefined> {
  const { host, port } = splitAddress(address);
  return isLoopback(host) ? findStack(port) : undefined;
}

/** Stops the server of a killed owner, and waits until it has ended. */
export async function stopAbandonedServer(database: string): Promise<void> {
  const start = Date.now();
  for (let signal: NodeJS.Signals | 0 = 'SIGTERM'; ; await delay(50)) {
    const servers = (await listDevServers()).filter((server) => server.database === database);
    if (servers.length === 0) return;
    if (Date.now() - start > stopTimeoutMs) signal = 'SIGKILL';
    for (const { pid } of servers) sendSignal(pid, signal);
    if (signal === 'SIGTERM') signal = 0;
  }
}

function sendSignal(pid: number, signal: NodeJS.Signals | 0): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended in the meantime.
  }
}

interface CommandLine {
  pid: number;
  line: string;
}

/** The command lines of this user's processes. */
async function listCommandLines(): Promise<CommandLine[]> {
  const uid = process.getuid?.();
  if (process.platform !== 'linux') {
    const { stdout } = await promisify(execFile)('ps', ['-axww', '-U', String(uid), '-o', 'pid=,args=']);
    return stdout.split('\n').map((text) => {
      const [, pid, line = ''] = /^\s*(\d+) (.*)$/.exec(text) ?? [];
      return { pid: Number(pid), line };
    });
  }
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(
    pids.map(async (pid): Promise<CommandLine[]> => {
      try {
        if ((await stat(`/proc/${pid}`)).uid !== uid) return [];
        const text = await readFile(`/proc/${pid}/cmdline`, 'utf8');
        return [{ pid: Number(pid), line: text.replaceAll('\0', ' ') }];
      } catch {
        return []; // it has ended
      }
    }),
  );
  return lines.flat();
}
