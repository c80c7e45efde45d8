import { setTimeout as delay } from 'node:timers/promises';
import { Exit, exitCodes } from '../program/exit.js';
import { grpcCodes, grpcErrorIn } from '../temporal/grpc-errors.js';
import { noWorkerProblem, noAnswerTimeoutMs, pollIntervalMs, hasPollers } from './workers.js';
import type { Session } from './session.js';

/**
 * Sends a signal. A server accepts 10,000 signals per run. A run that has that many continues as new as soon as a worker
 * processes it and no step is running, so this waits for that.
 *
 * @throws {Exit} if that takes too long
 */
export async function signalWithRetry<Result>(
  session: Session,
  email: string,
  send: () => Promise<Result>,
): Promise<Result> {
  const id = session.workflowIds.workflowIdFor(email);
  const giveUpAt = Date.now() + noAnswerTimeoutMs;
  for (let notified = false; ; notified = true) {
    try {
      return await send();
    } catch (error) {
      if (!isSignalLimitReached(error)) throw error;
      if (Date.now() > giveUpAt) throw await signalRefused(session, id, email);
      if (!notified) session.notify(`${id} accepts no more signals in this run; waiting until it continues as new …`);
      await delay(pollIntervalMs);
    }
  }
}

function isSignalLimitReached(error: unknown): boolean {
  const grpc = grpcErrorIn(error);
  return grpc?.code === grpcCodes.invalidArgument && /limit for signal events/.test(grpc.details);
}

async function signalRefused(session: Session, id: string, email: string): Promise<Exit> {
  const what = `${id} accepts no more signals in this run, so this one was not sent`;
  if (!(await hasPollers(session))) {
    const hint = 'Start one with `npm run worker`, and run this command again after it has continued as a new run.';
    return new Exit(exitCodes.unreachable, [what, noWorkerProblem(session)], hint);
  }
  const hint = `It continues as a new run after its current step (\`npm run starter -- status ${email}\`). Run this command again then.`;
  return new Exit(exitCodes.unreachable, what, hint);
}
