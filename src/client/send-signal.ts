import type { SignalDefinition } from '@temporalio/common';
import { setTimeout as delay } from 'node:timers/promises';
import { changeRole, retry, type OnboardingInput, type RoleChange } from '../contract/onboarding.js';
import { changePlaces, type PlaceChange } from '../contract/places.js';
import { Exit, exitCodes } from '../program/exit.js';
import { grpcCodes, grpcErrorIn } from '../temporal/grpc-errors.js';
import type { onboardUser } from '../workflows/onboarding/onboard-user.js';
import { onboardingHandle, type OnboardingHandle } from './outcomes.js';
import type { Session } from './session.js';
import { followRun, withStartOptions } from './start-onboarding.js';
import { hasPollers, noAnswerTimeoutMs, noWorkerProblem, pollIntervalMs } from './workers.js';

/** Signals a role change to the open onboarding. If there is none, starts a run that only applies the change. */
export function signalRole(session: Session, email: string, change: RoleChange): Promise<OnboardingHandle> {
  return signalWithStart(session, email, changeRole, change);
}

export function signalPlaces(session: Session, email: string, change: PlaceChange): Promise<OnboardingHandle> {
  return signalWithStart(session, email, changePlaces, change);
}

async function signalWithStart<Change>(
  session: Session,
  email: string,
  signal: SignalDefinition<[Change]>,
  change: Change,
): Promise<OnboardingHandle> {
  const input: OnboardingInput = { email, portal: session.portal, roleOnly: true };
  const { workflowId, signaledRunId } = await whenAccepted(session, email, () =>
    withStartOptions(session, input, (options) =>
      session.client.workflow.signalWithStart<typeof onboardUser, [Change]>('onboardUser', {
        ...options,
        signal,
        signalArgs: [change],
      }),
    ),
  );
  return followRun(session, workflowId, signaledRunId);
}

export async function signalRetry(session: Session, email: string): Promise<OnboardingHandle> {
  const handle = await followRun(session, onboardingHandle(session, email).workflowId);
  await whenAccepted(session, email, () => handle.signal(retry));
  return handle;
}

/** Requests the cancellation of the open onboarding. The handle follows no run that somebody starts later. */
export async function cancelOpenRun(session: Session, email: string): Promise<OnboardingHandle> {
  const handle = await followRun(session, onboardingHandle(session, email).workflowId);
  await handle.cancel();
  return handle;
}

/**
 * A server accepts 10,000 signals per run. A run that has that many continues as new as soon as a worker processes it
 * and no step is running, so this waits for that.
 *
 * @throws {Exit} if that takes too long
 */
async function whenAccepted<Result>(session: Session, email: string, send: () => Promise<Result>): Promise<Result> {
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
    const hint =
      'Start one with `npm run worker`, so the onboarding continues as a new run. Then run this command again.';
    return new Exit(exitCodes.unreachable, [what, noWorkerProblem(session)], hint);
  }
  const hint = `It continues as a new run after its current step (\`npm run starter -- status ${email}\`). Then run this command again.`;
  return new Exit(exitCodes.unreachable, what, hint);
}
