import { WorkflowNotFoundError } from '@temporalio/client';
import { randomUUID } from 'node:crypto';
import { Exit, exitCodes, type ExitCode } from '../exit.js';
import { onboardingReasonKey, onboardingStateKey } from '../workflows/attributes.js';
import { retry as retrySignal } from '../workflows/messages.js';
import { openOnboardings } from './open-onboardings.js';
import { grpcCodes, grpcErrorIn } from './grpc.js';
import { exitCodeOf, follow, outcomeOf, type ShownOutcome } from './outcomes.js';
import type { RetryFlags } from './read.js';
import { sendWhereRoom } from './room.js';
import { print, printJson } from './say.js';
import { withSession, type Session } from './session.js';
import { showOutcome } from './show.js';
import { guardPortal, handleOf } from './start.js';

/** Releases one parked onboarding, or all, or all of a reason, and waits until they are settled again. */
export function retry(email: string | undefined, flags: RetryFlags): Promise<ExitCode> {
  const { all, reason, json } = flags;
  return withSession({ flags, works: true }, async (session) => {
    const emails = email === undefined ? await parked(session, reason) : [email];
    const outcomes = await Promise.all(emails.map((each) => release(session, each)));
    if (json) printJson(email === undefined ? outcomes : outcomes[0]);
    else {
      for (const outcome of outcomes) showOutcome(outcome);
      if (all)
        print(
          `${outcomes.length} released, ${outcomes.filter(({ state }) => state === 'onboarded').length} of them onboarded`,
        );
    }
    const codes = outcomes.map(exitCodeOf);
    return (
      codes.find((code) => code === exitCodes.failed) ?? codes.find((code) => code !== exitCodes.done) ?? exitCodes.done
    );
  });
}

async function parked(session: Session, reason: string | undefined): Promise<string[]> {
  const isParked = `${onboardingStateKey.name} = 'needs-attention'`;
  const query = reason === undefined ? isParked : `${isParked} AND ${onboardingReasonKey.name} = '${reason}'`;
  try {
    return (await openOnboardings(session, query)).map(({ email }) => email);
  } catch (error) {
    if (grpcErrorIn(error)?.code !== grpcCodes.invalidArgument) throw error;
    throw new Exit(
      exitCodes.usage,
      `the namespace ${session.namespace} lacks the search attributes by which those that wait are found`,
      'Name one person, or have OnboardingState, OnboardingReason and Portal (Keyword) added to the namespace.',
    );
  }
}

async function release(session: Session, email: string): Promise<ShownOutcome> {
  await guardPortal(session, email);
  const handle = handleOf(session, email);
  try {
    await sendWhereRoom(session, email, () => handle.signal(retrySignal));
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
    throw new Exit(exitCodes.failed, `no onboarding of ${email} is open, so that there is nothing to release`);
  }
  return follow(session, handle, outcomeOf(handle, randomUUID()), () => undefined);
}
