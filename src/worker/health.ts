import { createServer, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { NativeConnection, Worker } from '@temporalio/worker';
import type { Portal } from '../docspace/portal.js';
import { Exit, exitCodes } from '../program/exit.js';
import { checkApiKey } from './key-check.js';
import type { ListenAddress } from '../program/settings.js';

/** Milliseconds that Temporal and the portal have to answer. */
const patience = 2_000;

/** Milliseconds for which the portal's word on the key is kept: probes come every few seconds. */
const keptFor = 30_000;

interface Served {
  worker: Worker;
  connection: NativeConnection;
}

interface Health {
  /** The worker has begun. */
  begins(served: Served): void;
}

/**
 * Says over HTTP how a worker is: `/healthz` whether it lives, `/readyz` whether it can do its work, with the reasons
 * where it cannot.
 *
 * @throws {Exit} where the address is taken
 */
export async function startHealth({ host, port }: ListenAddress, portal: Portal): Promise<Health> {
  let served: Served | undefined;
  const keyProblem = rarely(() => checkApiKey(portal, patience));
  const answers: Record<string, () => Promise<string[]>> = {
    '/healthz': async () => (served ? problemsOfRun(served.worker) : []),
    '/readyz': async () => {
      if (!served) return ['it has not begun'];
      const asked = await Promise.all([problemOfServer(served.connection), keyProblem()]);
      return [
        ...problemsOfRun(served.worker),
        ...problemsOfPolling(served.worker),
        ...asked.flatMap((each) => each ?? []),
      ];
    },
  };
  const server = createServer((request, response) => {
    const answer = request.method === 'GET' ? answers[request.url ?? ''] : undefined;
    if (answer) void reply(response, answer);
    else response.writeHead(404).end();
  });
  try {
    await once(server.listen(port, host), 'listening');
  } catch (error) {
    throw new Exit(exitCodes.usage, `HEALTH_ADDRESS cannot be used: ${(error as Error).message}`);
  }
  // A probe must not keep a worker that stops.
  server.unref();
  return { begins: (now) => void (served = now) };
}

async function reply(response: ServerResponse, answer: () => Promise<string[]>): Promise<void> {
  const problems = await answer().catch(() => ['it cannot be found out']);
  response.writeHead(problems.length === 0 ? 200 : 503, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ ok: problems.length === 0, problems }));
}

function problemsOfRun(worker: Worker): string[] {
  const state = worker.getState();
  return state === 'RUNNING' || state === 'INITIALIZED' ? [] : [`the worker is ${state.toLowerCase()}`];
}

function problemsOfPolling(worker: Worker): string[] {
  const { workflowPollerState, activityPollerState } = worker.getStatus();
  const polls = workflowPollerState === 'POLLING' && activityPollerState === 'POLLING';
  return polls ? [] : ['it does not poll for work'];
}

async function problemOfServer(connection: NativeConnection): Promise<string | undefined> {
  try {
    await connection.withDeadline(Date.now() + patience, () => connection.workflowService.getSystemInfo({}));
    return undefined;
  } catch {
    return 'the Temporal server does not answer';
  }
}

function rarely<Result>(ask: () => Promise<Result>): () => Promise<Result> {
  let last: { at: number; result: Promise<Result> } | undefined;
  return () => {
    if (!last || Date.now() - last.at > keptFor) last = { at: Date.now(), result: ask() };
    return last.result;
  };
}
