import { Hono } from 'hono';
import type { NativeConnection, Worker } from '@temporalio/worker';
import type { Portal } from '../docspace/portal.js';
import { listen } from '../program/http-server.js';
import type { ListenAddress } from '../program/settings/fields.js';
import { checkApiKey } from './key-check.js';

const timeoutMs = 2_000;

/** Probes come every few seconds; the key is checked less often. */
const keyCheckIntervalMs = 30_000;

interface RunningWorker {
  worker: Worker;
  connection: NativeConnection;
}

/**
 * Serves the health of a worker: `/healthz` tells whether it is alive, `/readyz` whether it can do its work. If not, the answer
 * is a 503 with the problems.
 *
 * @returns a function that enables the reports about a worker
 * @throws {Exit} if the address cannot be used
 */
export async function startHealthServer(
  { host, port }: ListenAddress,
  portal: Portal,
): Promise<(running: RunningWorker) => void> {
  let running: RunningWorker | undefined;
  const findKeyProblem = cacheFor(keyCheckIntervalMs, () => checkApiKey(portal, timeoutMs));
  const checks: Record<string, () => Promise<(string | undefined)[]>> = {
    '/healthz': async () => (running ? [findStateProblem(running)] : []),
    '/readyz': async () =>
      running
        ? [
            findStateProblem(running),
            findPollingProblem(running),
            ...(await Promise.all([findServerProblem(running), findKeyProblem()])),
          ]
        : ['the worker has not started'],
  };
  const app = new Hono();
  for (const [path, check] of Object.entries(checks)) {
    app.get(path, async ({ json }) => {
      const results = await check().catch(() => ['the check failed']);
      const problems = results.filter((problem) => problem !== undefined);
      return json({ ok: problems.length === 0, problems }, problems.length === 0 ? 200 : 503);
    });
  }
  const server = await listen(app, host, port, 'HEALTH_ADDRESS');
  // A probe must not keep a stopped worker alive.
  server.unref();
  return (now) => void (running = now);
}

function findStateProblem({ worker }: RunningWorker): string | undefined {
  const state = worker.getState();
  return state === 'RUNNING' || state === 'INITIALIZED' ? undefined : `the worker is ${state.toLowerCase()}`;
}

function findPollingProblem({ worker }: RunningWorker): string | undefined {
  const { workflowPollerState, activityPollerState } = worker.getStatus();
  const isPolling = workflowPollerState === 'POLLING' && activityPollerState === 'POLLING';
  return isPolling ? undefined : 'the worker does not poll for tasks';
}

async function findServerProblem({ connection }: RunningWorker): Promise<string | undefined> {
  try {
    await connection.withDeadline(Date.now() + timeoutMs, () => connection.workflowService.getSystemInfo({}));
    return undefined;
  } catch {
    return 'the Temporal server does not answer';
  }
}

function cacheFor<Result>(durationMs: number, compute: () => Promise<Result>): () => Promise<Result> {
  let last: { at: number; result: Promise<Result> } | undefined;
  return () => {
    if (!last || Date.now() - last.at > durationMs) last = { at: Date.now(), result: compute() };
    return last.result;
  };
}
