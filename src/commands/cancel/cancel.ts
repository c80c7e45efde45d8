import { WorkflowNotFoundError } from '@temporalio/client';
import { takeFromChunks } from '../../client/chunks.js';
import { closedOutcome, exitCodeOf, follow, onboardingHandle } from '../../client/outcomes.js';
import { assertSamePortal } from '../../client/start-onboarding.js';
import { Exit, exitCodes, type ExitCode } from '../../program/exit.js';
import { info, printJson } from '../../terminal/print.js';
import type { ServerContext } from '../command.js';
import { showOutcome } from '../outcome-text.js';
import { withSession } from '../with-session.js';

/** Stops further writes, and prints what the portal already has. */
export function cancel(email: string, flags: ServerContext): Promise<ExitCode> {
  return withSession({ flags, needsWorker: false }, async (session) => {
    await assertSamePortal(session, email);
    await takeFromChunks(session, email);
    const handle = onboardingHandle(session, email);
    try {
      await handle.cancel();
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
      throw new Exit(exitCodes.failed, `no onboarding of ${email} is open, so there is nothing to cancel`);
    }
    const outcome = await follow(session, handle, closedOutcome(handle), () => undefined);
    if (flags.json) printJson(outcome);
    else showOutcome(outcome);
    if (outcome.state === 'cancelled') return exitCodes.done;
    info('It had ended before it could be cancelled.');
    return exitCodeOf(outcome);
  });
}
