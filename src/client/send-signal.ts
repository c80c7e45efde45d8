import { setTimeout as delay } from 'node:timers/promises';
import { createWorkflowIds } from '../codec/naming.js';
import { Exit, exitCodes } from '../program/exit.js';
import { grpcCodes, grpcErrorIn } from '../temporal/grpc-errors.js';
import { info } from '../terminal/print.js';
import { noWorker, noAnswerTimeoutMs, pollIntervalMs, hasPollers } from './workers.js';
import type { Session } from './session.js';

/**
 * Sends a signal. A server lets one run have 10,000 of them; one that has had as many goes on as a new run as soon as a
 * worker takes it on and no step is at work, so that is waited for.
 *
 * @throws {Exit} where it does not come about in time
 */
export async function signalWithRetry<Result>(
  session: Session,
  email: string,
  send: () => Promise<Result>,
): Promise<Result> {
  const id = createWorkflowIds().idOf(email);
  const until = Date.now() + noAnswerTimeoutMs;
  for (let told = false; ; told = true) {
    try {
      return await send();
    } catch (error) {
      if (!isFull(error)) throw error;
      if (Date.now() > until) throw await noRoom(session, email);
      if (!told) info(`${id} has had as many signals as one run takes; waiting for it to go on as a new one …`);
      await delay(pollIntervalMs);
    }
  }
}

function isFull(error: unknown): boolean {
  const grpc = grpcErrorIn(error);
  return grpc?.code === grpcCodes.invalidArgument && /limit for signal events/.test(grpc.details);
}

async function noRoom(session: Session, email: string): Promise<Exit> {
  const what = `${createWorkflowIds().idOf(email)} has had as many signals as one run takes, and this one was not taken`;
  if (!(await hasPollers(session))) {
    const { problems } = noWorker(session, '');
    const hint = 'Start one with `npm run worker`, with which it goes on as a new run, and give this command again.';
    return new Exit(exitCodes.unreachable, [what, ...problems], hint);
  }
  const hint = `It goes on as a new run once its step is over (\`npm run starter -- status ${email}\`): give this command again then.`;
  return new Exit(exitCodes.unreachable, what, hint);
}
