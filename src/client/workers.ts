import { WorkflowNotFoundError, type Connection } from '@temporalio/client';
import { setTimeout as delay } from 'node:timers/promises';
import { Exit, exitCodes } from '../program/exit.js';
import { grpcErrorIn } from '../temporal/grpc-errors.js';
import { info } from '../terminal/print.js';
import type { Session } from './session.js';

/** How a command waits for what workers do, and what it says where nobody works. */

/** How long a query may take, in milliseconds: without a worker it would be half a minute. */
const queryDeadline = 3_000;

/** How long nobody may answer before a command says so, in milliseconds. */
export const noAnswerTimeoutMs = 10_000;
export const pollIntervalMs = 200;

interface Watch<Seen> {
  workflowId: string;
  /** What is seen of it now, or `undefined` where nobody answers in time. */
  look: () => Promise<Seen | undefined>;
  show: (seen: Seen) => void;
  /** Milliseconds between two looks. */
  interval?: number;
}

/** Waits until something is over, and shows its way there. */
export async function waitWithProgress<End, Seen>(
  session: Session,
  ending: Promise<End>,
  { workflowId, look, show, interval = pollIntervalMs }: Watch<Seen>,
): Promise<End> {
  const over = new AbortController();
  const done = ending.finally(() => over.abort());
  done.catch(() => undefined);
  const watching = (async (): Promise<void> => {
    let heard = Date.now();
    let lonely = heard; // since then the server says that nobody polls
    let told = false;
    while (!over.signal.aborted) {
      const seen = await look();
      if (over.signal.aborted) return;
      if (seen) {
        heard = lonely = Date.now();
        show(seen);
      } else if (await hasPollers(session).catch((error: unknown) => forgiven(error, heard))) {
        lonely = Date.now();
        if (!told && lonely - heard > noAnswerTimeoutMs) {
          told = true;
          const { problems, hint } = noAnswer(session, workflowId);
          info(`warning: ${problems[0]}. ${hint}`);
        }
      } else if (Date.now() - lonely > noAnswerTimeoutMs) {
        throw noWorker(session, `${workflowId} was started all the same, and goes on when a worker is there.`);
      }
      await delay(interval, undefined, { signal: over.signal }).catch(() => undefined);
    }
  })();
  return Promise.race([done, watching.then(() => done), session.interrupted]);
}

/** A server that has just been killed says nothing of workers, who come back when it does. */
function forgiven(error: unknown, heard: number): true {
  if (Date.now() - heard > noAnswerTimeoutMs) throw error;
  return true;
}

/** A session, or the handle of a run. */
interface Asked {
  client: { connection: Pick<Connection, 'withDeadline'> };
}

/** What a worker answers to a query, or `undefined` where none does in time. */
export async function queryWithTimeout<Answer>(
  { client }: Asked,
  ask: () => Promise<Answer>,
): Promise<Answer | undefined> {
  try {
    return await client.connection.withDeadline(Date.now() + queryDeadline, ask);
  } catch (error) {
    if (error instanceof WorkflowNotFoundError || grpcErrorIn(error)) return undefined;
    if (error instanceof Error && error.name === 'QueryNotRegisteredError') return undefined;
    throw error;
  }
}

export async function hasPollers(session: Session): Promise<boolean> {
  return (await listPollers(session)).length > 0;
}

type TaskQueue = Awaited<ReturnType<Session['client']['workflowService']['describeTaskQueue']>>;

/** Workers that have asked for work lately: one that polls does so at least once a minute. */
export async function listPollers({ client, namespace, taskQueue }: Session): Promise<TaskQueue['pollers']> {
  const { pollers } = await client.workflowService.describeTaskQueue({
    namespace,
    taskQueue: { name: taskQueue },
    taskQueueType: 1,
  });
  const recent = Date.now() / 1_000 - 70;
  return pollers.filter(({ lastAccessTime }) => Number(lastAccessTime?.seconds ?? 0) > recent);
}

/** The exit where nobody takes work from the queue. */
export function noWorker({ address, taskQueue }: Session, started: string): Exit {
  return new Exit(
    exitCodes.unreachable,
    `no worker polls the task queue ${taskQueue} at ${address}`,
    `Start one with \`npm run worker\`. ${started}`,
  );
}

/** The exit where somebody takes work, and a run is not heard of all the same. */
function noAnswer({ taskQueue }: Session, workflowId: string): Exit {
  return new Exit(
    exitCodes.unreachable,
    `a worker polls the task queue ${taskQueue}, and does not answer for ${workflowId}`,
    'Its log says why: it may have too much to do, be of another build, or lack a key in CODEC_KEYS.',
  );
}

/** The exit where an open run was asked, and nobody answered. */
export async function noResponseError(session: Session, workflowId: string, since = ''): Promise<Exit> {
  if (await hasPollers(session)) return noAnswer(session, workflowId);
  return noWorker(session, `${workflowId} is open${since}, and goes on when one is there.`);
}
