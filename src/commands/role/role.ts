import { randomUUID } from 'node:crypto';
import { takeFromChunks } from '../../client/chunks.js';
import { outcomeOf } from '../../client/outcomes.js';
import { signalRole } from '../../client/send-signal.js';
import { assertServerStays } from '../../client/session.js';
import { assertSamePortal } from '../../client/start-onboarding.js';
import { warnIfNoWorker } from '../../client/workers.js';
import { exitCodes, type ExitCode } from '../../program/exit.js';
import { info, printJson } from '../../terminal/print.js';
import type { ServerContext } from '../command.js';
import { waitForOutcome } from '../wait-for-outcome.js';
import { withSession } from '../with-session.js';

interface RoleOptions extends ServerContext {
  reason?: string | undefined;
  detach?: true | undefined;
}

/** Signals a role change, and waits until the portal shows the role. */
export function changeRole(email: string, role: string, flags: RoleOptions): Promise<ExitCode> {
  const { json, reason, detach } = flags;
  return withSession({ flags, needsWorker: true }, async (session) => {
    if (detach) assertServerStays(session);
    await assertSamePortal(session, email);
    await takeFromChunks(session, email);
    const change = reason === undefined ? role : { role, reason };
    const handle = await signalRole(session, email, change);
    if (!detach) return waitForOutcome(session, handle, outcomeOf(handle, randomUUID()), { json });
    if (json) printJson({ email, workflowId: handle.workflowId, portal: session.portal });
    info(`Sent. \`npm run starter -- status ${email}\` shows the result.`);
    await warnIfNoWorker(session);
    return exitCodes.done;
  });
}
