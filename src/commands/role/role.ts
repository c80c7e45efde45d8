import { randomUUID } from 'node:crypto';
import { exitCodes, type ExitCode } from '../../program/exit.js';
import { outcomeOf } from '../../client/outcomes.js';
import type { ServerContext } from '../command.js';
import { signalWithRetry } from '../../client/send-signal.js';
import { printJson, info } from '../../terminal/print.js';
import { withSession } from '../with-session.js';
import { waitForOutcome } from '../wait-for-outcome.js';
import { assertSamePortal, signalRole } from '../../client/start-onboarding.js';
import { noWorker, hasPollers } from '../../client/workers.js';
import { assertServerStays } from '../../client/session.js';

/** Signals a role change, and waits until the portal shows it. */
export function changeRole(
  { email, role }: { email: string; role: string },
  flags: ServerContext & { detach?: true | undefined },
): Promise<ExitCode> {
  return withSession({ flags, needsWorker: true }, async (session) => {
    if (flags.detach) assertServerStays(session);
    await assertSamePortal(session, email);
    const handle = await signalWithRetry(session, email, () => signalRole(session, email, role));
    if (flags.detach) {
      if (flags.json) printJson({ email, workflowId: handle.workflowId, portal: session.portal });
      info(`Sent. Look at it with \`npm run starter -- status ${email}\`.`);
      if (!(await hasPollers(session))) info(`warning: ${noWorker(session, '').problems[0]}`);
      return exitCodes.done;
    }
    return waitForOutcome(session, handle, outcomeOf(handle, randomUUID()), { json: flags.json });
  });
}
