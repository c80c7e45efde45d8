import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { NativeConnection } from '@temporalio/worker';
import { Portal } from '../docspace/portal.js';
import { Exit, exitCodes } from '../program/exit.js';
import { installLogger } from '../worker/logger.js';
import { createWorker } from '../worker/create-worker.js';
import { registerSearchAttributes } from '../temporal/register-search-attributes.js';
import type { Settings } from '../program/settings/starter-settings.js';
import { databaseIn, spawnDevServer, type DevServer } from './dev-server.js';
import { LockHolder, lastRecord, StackLock, type OwnerRecord } from './owner.js';
import { freePort, isListening } from './ports.js';
import { endOrphan, isRunning } from './processes.js';
import { startSandboxProcess, type SandboxProcess } from './sandbox-process.js';
import { findTemporalCli } from './temporal-cli.js';

/** Everything that commands keep on this machine. */
const localFolder = '.local';

/** The Temporal CLI's own defaults, so that it finds the server without a flag. */
const serverPort = 7233;
const uiPort = 8233;
const sandboxPort = 8092;
const namespace = 'default';

interface StackRequest {
  kind: OwnerRecord['kind'];
  settings: Settings;
  /** Whether to go on with work; a command that only looks brings a worker without activities. */
  works: boolean;
  /** For a line that people read. */
  say: (line: string) => void;
  /** Rejects when somebody wants the command to end: what may take long is not waited for then. */
  interrupted: Promise<never>;
}

export interface LocalStack {
  address: string;
  webUi: string;
  /** Origin of the portal. */
  portal: string;
  /** The key of the sandbox's owner, where the portal is the sandbox. */
  sandboxKey?: string | undefined;
  /** Whether this process brought it, and takes it along when it ends. */
  owned: boolean;
  stop(): Promise<void>;
}

/**
 * The stack of one portal on this machine: this process brings what is missing, or uses what `npm run dev` holds. Each
 * portal has a folder of its own, so that a sandbox's history never meets a real portal.
 */
export async function openLocalStack(request: StackRequest): Promise<LocalStack> {
  const folder = folderOf(request.settings.portal.origin);
  request.interrupted.catch(() => undefined);
  for (;;) {
    const lock = await StackLock.take(folder, request.kind);
    if (lock instanceof StackLock) return bring(lock, folder, request);
    const shared = await Promise.race([waitFor(lock, request), request.interrupted]);
    if (shared?.address !== undefined && shared.portal !== undefined) {
      const { address, portal, webUi = '', sandboxKey } = shared;
      return { address, portal, webUi, sandboxKey, owned: false, stop: async () => undefined };
    }
  }
}

/** The stack that serves an address on this machine, if it is one of ours: of another portal, or one whose owner died. */
export async function findStack(address: string): Promise<OwnerRecord | undefined> {
  const port = address.split(':').at(-1);
  for (const name of existsSync(localFolder) ? readdirSync(localFolder) : []) {
    const record = lastRecord(join(localFolder, name));
    const server = record?.server;
    if (server && String(server.port) === port && (await isRunning(server.pid, server.database))) return record;
  }
  return undefined;
}

/** Whether a server that is not ours listens where the Temporal CLI looks by default. */
export async function foreignServerListens(): Promise<boolean> {
  return (await isListening(serverPort)) && (await findStack(`127.0.0.1:${serverPort}`)) === undefined;
}

async function waitFor(held: LockHolder, { say }: StackRequest): Promise<OwnerRecord | undefined> {
  const owner = await held.introduced();
  if (owner?.kind === 'command')
    say(`Another command (process ${owner.pid}) works on this portal; waiting for it to end …`);
  return held.shared();
}

async function bring(owner: StackLock, folder: string, request: StackRequest): Promise<LocalStack> {
  const { portal } = request.settings;
  const started: { stop(): Promise<void> }[] = [];
  const keep = <Part extends { stop(): Promise<void> }>(part: Part): Part => {
    started.push(part);
    return part;
  };
  const stop = async (): Promise<void> => {
    for (const part of started.splice(0).toReversed())
      await part.stop().catch((error: unknown) => request.say(String(error)));
    await owner.release();
  };
  try {
    if (owner.orphan) await endOrphan(owner.orphan.pid, owner.orphan.database);
    const [server, sandbox] = await allOf(
      startServer(owner, folder, request).then(keep),
      portal.origin === undefined ? startSandbox(folder, request.works).then(keep) : undefined,
    );
    const origin = portal.origin ?? sandbox?.url ?? '';
    const key = portal.origin === undefined ? sandbox?.key : portal.key;
    keep(
      await startWorker(
        folder,
        server.address,
        request.settings,
        request.works ? { origin, key: key ?? '' } : undefined,
      ),
    );
    const { address, webUi } = server;
    const sandboxKey = sandbox?.key;
    owner.update({ portal: origin, address, webUi, ...(sandboxKey && { sandboxKey }) });
    return { address, webUi, portal: origin, sandboxKey, owned: true, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Waits for both, also where one fails, so that what was started can be stopped. */
async function allOf<A, B>(a: Promise<A>, b: Promise<B> | undefined): Promise<[A, B | undefined]> {
  await Promise.allSettled([a, b]);
  return [await a, await b];
}

async function startServer(
  owner: StackLock,
  folder: string,
  { say, interrupted, settings }: StackRequest,
): Promise<DevServer> {
  const cli = await Promise.race([
    findTemporalCli(settings.temporalCli, join(localFolder, 'temporal-cli'), say),
    interrupted,
  ]);
  const port = await freePort(serverPort);
  const server = spawnDevServer(cli.path, folder, port, await freePort(uiPort));
  // Written before anything else happens: a command that is killed now leaves a server that the next one must find.
  owner.update({ server: { pid: server.pid, database: databaseIn(folder), port } });
  try {
    await server.listening();
  } catch (error) {
    await server.stop();
    throw error;
  }
  say(`Temporal ${server.address} (CLI from ${cli.from}), Web UI ${server.webUi}`);
  return server;
}

/** The sandbox keeps its port, for its address is the origin that its histories name. */
async function startSandbox(folder: string, works: boolean): Promise<SandboxProcess> {
  const file = join(folder, 'portal-port');
  const known = existsSync(file) ? Number(readFileSync(file, 'utf8')) : undefined;
  const port = known ?? (await freePort(sandboxPort));
  const url = `http://127.0.0.1:${port}`;
  if (!works) return { url, key: '', stop: async () => undefined };
  if (!(await becomesFree(port))) {
    throw new Exit(
      exitCodes.usage,
      `port ${port}, the address of the sandbox portal of this folder, is taken by another program`,
      'Free it, or start a sandbox elsewhere with `npm run starter -- sandbox --port N` and set API_HOST and API_KEY to it.',
    );
  }
  const sandbox = await startSandboxProcess(port, join(folder, 'people.jsonl'));
  writeFileSync(file, String(port));
  return sandbox;
}

/** The sandbox of a command that was killed ends by itself a moment later. */
async function becomesFree(port: number): Promise<boolean> {
  for (let attempt = 0; attempt < 20; attempt++) {
    if (!(await isListening(port))) return true;
    await delay(100);
  }
  return false;
}

async function startWorker(
  folder: string,
  address: string,
  { logLevel, settleWindowMs, portal: { limits }, codec, taskQueue }: Settings,
  serves: { origin: string; key: string } | undefined,
): Promise<{ stop(): Promise<void> }> {
  const portal = serves && new Portal(serves.origin, serves.key, { limits });
  installLogger({ level: logLevel, isConfidential: codec !== undefined, file: join(folder, 'worker.log') });
  const connection = await connectWhenReady(address);
  try {
    // A history that an older version began has only what that version knew, whatever its server is told now.
    await registerSearchAttributes(connection, namespace);
    const worker = await createWorker({
      connection,
      namespace,
      taskQueue,
      portal,
      codec,
      settleWindow: settleWindowMs,
      graceTime: '2s',
    });
    const running = worker.run();
    running.catch(() => undefined);
    return {
      async stop() {
        if (worker.getState() === 'RUNNING') worker.shutdown();
        await running;
        portal?.close();
        await connection.close();
      },
    };
  } catch (error) {
    await connection.close();
    throw error;
  }
}

/** The dev server listens a moment before it is healthy and its namespace is there. */
async function connectWhenReady(address: string): Promise<NativeConnection> {
  for (let attempt = 0; ; attempt++) {
    let connection: NativeConnection | undefined;
    try {
      connection = await NativeConnection.connect({ address });
      await connection.workflowService.describeNamespace({ namespace });
      return connection;
    } catch (error) {
      await connection?.close();
      if (attempt === 100) throw error;
      await delay(50);
    }
  }
}

function folderOf(origin: string | undefined): string {
  return join(localFolder, origin === undefined ? 'sandbox' : new URL(origin).host.replaceAll(/[^\w.-]/g, '-'));
}
