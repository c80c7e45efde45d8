import { WorkflowNotFoundError, type Connection } from '@temporalio/client';
import { setTimeout as delay } from 'node:timers/promises';
import { Exit, exitCodes } from '../program/exit.js';
import { localTimeOfDay } from '../terminal/local-time.js';
import { grpcErrorIn } from '../temporal/grpc-errors.js';
import { knownPollers, recentPollers } from '../temporal/pollers.js';
import type { Session } from './session.js';

/** Waits for workers, and reports it if none answers. */

/** Without a worker, the server would let a query wait for half a minute. */
const queryTimeoutMs = 3_000;

/** How long a command waits for an answer before it reports that there is none. */
export const noAnswerTimeoutMs = 10_000;
export const pollIntervalMs = 200;

interface Watch<Progress> {
  workflowId: string;
  /** Asks for the current state; `undefined` if no worker answers in time. */
  query: () => Promise<Progress | undefined>;
  show: (progress: Progress) => void;
  intervalMs?: number;
}

/** Waits until `ending` resolves, and shows the progress meanwhile. */
export async function waitWithProgress<End, Progress>(
  session: Session,
  ending: Promise<End>,
  { workflowId, query, show, intervalMs = pollIntervalMs }: Watch<Progress>,
): Promise<End> {
  const ended = new AbortController();
  const done = ending.finally(() => ended.abort());
  done.catch(() => undefined);
  const watching = (async (): Promise<void> => {
    let lastResponse = Date.now();
    let noPollerSince = lastResponse;
    let lastWarning = lastResponse;
    while (!ended.signal.aborted) {
      const progress = await query();
      const folder = progress ? undefined : await folderOfKilledStack(session);
      if (ended.signal.aborted) return;
      if (folder !== undefined) throw noWorkerLeft(session, folder, workflowId);
      if (progress) {
        lastResponse = noPollerSince = Date.now();
        show(progress);
      } else if (await hasPollers(session).catch((error: unknown) => tolerate(error, lastResponse))) {
        noPollerSince = Date.now();
        if (noPollerSince - Math.max(lastResponse, lastWarning) > noAnswerTimeoutMs) {
          lastWarning = noPollerSince;
          const { problems, hint } = noAnswer(session, workflowId);
          session.notify(`warning: ${problems[0]}. ${hint}`);
        }
      } else if (Date.now() - noPollerSince > noAnswerTimeoutMs) {
        throw await noWorkerError(session, `${workflowId} was started, and continues as soon as a worker runs.`);
      }
      await delay(intervalMs, undefined, { signal: ended.signal }).catch(() => undefined);
    }
  })();
  return Promise.race([done, watching.then(() => done), session.interrupted]);
}

/** Ignores an error at first: a restarted server knows no workers until they poll again. */
function tolerate(error: unknown, lastResponse: number): true {
  if (Date.now() - lastResponse > noAnswerTimeoutMs) throw error;
  return true;
}

/**
 * A worker's answer to a query; `undefined` if none arrives in time.
 *
 * @param connected a session, or the handle of a run
 */
export async function queryWithTimeout<Answer>(
  { client }: { client: { connection: Pick<Connection, 'withDeadline'> } },
  query: () => Promise<Answer>,
): Promise<Answer | undefined> {
  try {
    return await client.connection.withDeadline(Date.now() + queryTimeoutMs, query);
  } catch (error) {
    if (error instanceof WorkflowNotFoundError || grpcErrorIn(error)) return undefined;
    if (error instanceof Error && error.name === 'QueryNotRegisteredError') return undefined;
    throw error;
  }
}

export async function hasPollers(session: Session): Promise<boolean> {
  return (await recentPollers(session.client.connection, session)).length > 0;
}

export function noWorkerProblem({ address, taskQueue }: Session): string {
  return `no worker polls the task queue ${taskQueue} at ${address}`;
}

/** Warns a command that does not wait for a worker. */
export async function warnIfNoWorker(session: Session): Promise<void> {
  if (!(await hasPollers(session))) session.notify(`warning: ${noWorkerProblem(session)}`);
}

/** The exit if no worker polls. It names the last time that one did, if the server still knows it. */
async function noWorkerError(session: Session, consequence: string): Promise<Exit> {
  const times = (await knownPollers(session.client.connection, session)).map(({ lastPollAt }) => lastPollAt);
  const since = times.length === 0 ? '' : ` since ${localTimeOfDay(new Date(Math.max(...times)))}`;
  const hint = `Start one with \`npm run worker\`. ${consequence}`;
  return new Exit(exitCodes.unreachable, noWorkerProblem(session) + since, hint);
}

/** The exit if a worker polls but none answers for a run. */
function noAnswer({ taskQueue }: Session, workflowId: string): Exit {
  return new Exit(
    exitCodes.unreachable,
    `a worker polls the task queue ${taskQueue}, but none answers for ${workflowId}`,
    "The worker's log shows why: it may be overloaded, be of another build, or lack a key in CODEC_KEYS.",
  );
}

/** The working folder of the stack with this server, if its owner was killed and left only the server running. */
async function folderOfKilledStack({ address }: Session): Promise<string | undefined> {
  const { findStackAt } = await import('../local/running-servers.js');
  const stack = await findStackAt(address);
  return stack?.isAbandoned ? stack.home : undefined;
}

function noWorkerLeft({ address }: Session, folder: string, workflowId: string): Exit {
  return new Exit(
    exitCodes.unreachable,
    `a killed command left the Temporal server at ${address} behind, without a worker`,
    `Run \`npm run dev\` in ${folder}: it continues ${workflowId}.`,
  );
}

/** The exit if nobody answered for an open run. */
export async function noResponseError(session: Session, workflowId: string, since = ''): Promise<Exit> {
  const folder = await folderOfKilledStack(session);
  if (folder !== undefined) return noWorkerLeft(session, folder, workflowId);
  if (await hasPollers(session)) return noAnswer(session, workflowId);
  return noWorkerError(session, `${workflowId} is open${since}, and continues as soon as a worker runs.`);
}
