import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { NativeConnection } from '@temporalio/worker';
import { Portal } from '../docspace/portal.js';
import { Exit, exitCodes } from '../program/exit.js';
import type { Settings } from '../program/settings/starter-settings.js';
import { registerSearchAttributes } from '../temporal/register-search-attributes.js';
import { createWorker } from '../worker/create-worker.js';
import { installLogger } from '../worker/logger.js';
import { databaseIn, spawnDevServer, type DevServer } from './dev-server.js';
import { freePort, isListening } from './ports.js';
import { findStack, stopAbandonedServer } from './running-servers.js';
import { cliCacheFolder, prepareStackFolder } from './stack-folder.js';
import { StackLock, type LockHolder } from './stack-lock.js';
import { readRecord, type StackRecord } from './stack-record.js';
import { startStackSandbox } from './stack-sandbox.js';
import { findTemporalCli } from './temporal-cli.js';

/** The defaults of the Temporal CLI, so it finds the server without an option. */
const defaultServerPort = 7233;
const defaultUiPort = 8233;
const namespace = 'default';

interface StackRequest {
  kind: StackRecord['kind'];
  settings: Settings;
  /** A command that only reads starts a worker without activities. */
  needsWorker: boolean;
  /** The work continues after the command, so its own stack would not do. */
  isDetached?: boolean;
  /** Without the Web UI. */
  isHeadless?: boolean;
  notify: (line: string) => void;
  /** Rejects if somebody interrupts the command. */
  interrupted: Promise<never>;
}

export interface LocalStack {
  address: string;
  webUi: string | null;
  /** Origin of the portal. */
  portal: string;
  /** The key of the sandbox's owner, if the portal is the sandbox. */
  sandboxKey?: string | undefined;
  /** Whether this process started the stack, and stops it when it ends. */
  owned: boolean;
  /** Rejects if an own server ends by itself. */
  failed?: Promise<never>;
  stop(): Promise<void>;
}

/** Opens the stack of a portal on this machine: joins what `npm run dev` started, or starts what is missing. */
export async function openLocalStack(request: StackRequest): Promise<LocalStack> {
  const folder = prepareStackFolder(request.settings.portal.origin);
  request.interrupted.catch(() => undefined);
  for (;;) {
    const acquiring = StackLock.acquire(folder, request.kind);
    const lock = await Promise.race([acquiring, ownerDoesNotAnswer(folder), request.interrupted]);
    if (lock instanceof StackLock) {
      if (!request.isDetached) return startStack(lock, folder, request);
      await lock.release();
      throw new Exit(
        exitCodes.usage,
        '--detach needs a server that keeps running, and this command would stop its own',
        'Start `npm run dev` in another terminal first.',
      );
    }
    const shared = await Promise.race([waitForStack(lock, request), request.interrupted]);
    if (shared?.address !== undefined && shared.portal !== undefined) {
      const { address, portal, webUi = null, sandboxKey } = shared;
      return { address, portal, webUi, sandboxKey, owned: false, stop: async () => undefined };
    }
  }
}

/** How long the owner may take to answer. */
const ownerTimeoutMs = 10_000;

async function ownerDoesNotAnswer(folder: string): Promise<never> {
  await delay(ownerTimeoutMs, undefined, { ref: false });
  const pid = readRecord(folder)?.pid;
  throw new Exit(
    exitCodes.unreachable,
    `${pid === undefined ? 'another command' : `process ${pid}`} runs the local stack of ${resolve(folder)}, and does not answer`,
    `If it was suspended with Ctrl-Z, continue it with \`fg\`${pid === undefined ? '' : ` or \`kill -CONT ${pid}\``}.`,
  );
}

async function waitForStack(holder: LockHolder, { notify }: StackRequest): Promise<StackRecord | undefined> {
  const owner = await holder.identify();
  if (owner?.kind === 'command') {
    notify(`Another command (process ${owner.pid}) is using this portal; waiting for it to end …`);
  }
  return holder.waitForStack();
}

interface Stoppable {
  stop(): Promise<void>;
}

async function startStack(lock: StackLock, folder: string, request: StackRequest): Promise<LocalStack> {
  const { settings, needsWorker, notify } = request;
  const started: Stoppable[] = [];
  const register = <Part extends Stoppable>(part: Part): Part => {
    started.push(part);
    return part;
  };
  const stop = async (): Promise<void> => {
    for (const part of started.splice(0).toReversed()) {
      await part.stop().catch((error: unknown) => notify(String(error)));
    }
    await lock.release();
  };
  try {
    await stopAbandonedServer(databaseIn(folder));
    const [server, sandbox] = await allOf(
      startServer(folder, request).then(register),
      settings.portal.origin === undefined ? startStackSandbox(folder, request).then(register) : undefined,
    );
    const { origin = sandbox?.url ?? '', key = sandbox?.key ?? '' } = settings.portal;
    register(await startWorker(folder, server.address, settings, needsWorker ? { origin, key } : undefined));
    const { address, webUi, failed } = server;
    const sandboxKey = sandbox?.key;
    lock.publish({ portal: origin, address, webUi, sandboxKey });
    return { address, webUi: webUi ?? null, portal: origin, sandboxKey, owned: true, failed, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Waits for both, even if one fails, so everything that has started can be stopped. */
async function allOf<A, B>(a: Promise<A>, b: Promise<B> | undefined): Promise<[A, B | undefined]> {
  await Promise.allSettled([a, b]);
  return [await a, await b];
}

async function startServer(folder: string, request: StackRequest): Promise<DevServer> {
  const { kind, notify, interrupted, settings } = request;
  const cli = await Promise.race([findTemporalCli(cliCacheFolder, notify, settings.temporalCli), interrupted]);
  const server = await spawnOnFreePort(cli.path, folder, request);
  const webUi = server.webUi ? `Web UI ${server.webUi}` : 'no Web UI';
  const until = kind === 'command' ? '; both stop with this command, and `npm run dev` keeps them running' : '';
  notify(`Temporal ${server.address} (CLI from ${cli.from}), ${webUi}${until}`);
  return server;
}

/** Between the choice of a port and the start of the server, another program can take the port. */
async function spawnOnFreePort(cli: string, folder: string, request: StackRequest): Promise<DevServer> {
  for (;;) {
    const port = await freePort(defaultServerPort);
    if (port !== defaultServerPort) request.notify(await describeDefaultPort(port));
    const uiPort = request.isHeadless ? undefined : await freePort(defaultUiPort);
    const server = spawnDevServer(cli, folder, port, uiPort);
    try {
      await server.listening();
      return server;
    } catch (error) {
      await server.stop();
      const areInUse = await Promise.all([port, uiPort ?? port].map(isListening));
      if (!areInUse.includes(true)) throw error;
    }
  }
}

/** Tells the user who uses the default port, because the Temporal CLI connects there. */
async function describeDefaultPort(port: number): Promise<string> {
  const stack = await findStack(defaultServerPort);
  const result = `This stack uses port ${port}.`;
  if (!stack) return `Port ${defaultServerPort} belongs to another program. ${result}`;
  if (!stack.isAbandoned) return `Port ${defaultServerPort} belongs to the stack in ${stack.folder}. ${result}`;
  return `A killed command left its Temporal server on port ${defaultServerPort} (process ${stack.pid}, ${stack.folder}); the next command in that folder stops it. ${result}`;
}

async function startWorker(
  folder: string,
  address: string,
  { logLevel, settleWindowMs, portal: { limits, proxy }, codec, taskQueue }: Settings,
  served: { origin: string; key: string } | undefined,
): Promise<Stoppable> {
  const portal = served && new Portal(served.origin, served.key, { limits, proxy });
  installLogger({ level: logLevel, isConfidential: codec !== undefined, file: join(folder, 'worker.log') });
  const connection = await connectWhenReady(address);
  try {
    // A history from an older version has only the attributes that the older version registered.
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

/** The dev server listens a moment before it is healthy and has its namespace. */
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
