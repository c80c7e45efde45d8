import type { ShownOutcome } from '../../client/outcomes.js';
import { signalRole } from '../../client/send-signal.js';
import { Exit, exitCodes, type ExitCode } from '../../program/exit.js';
import { sendChange, type ChangeOptions } from '../send-change.js';

/** Signals a role change, and waits until the portal shows the role. */
export function changeRole(
  email: string,
  role: string,
  flags: ChangeOptions & { reason?: string | undefined },
): Promise<ExitCode> {
  const { reason } = flags;
  const change = reason === undefined ? role : { role, reason };
  return sendChange(email, flags, (session) => signalRole(session, email, change), assertAccepted);
}

/** @throws {Exit} if the onboarding refused the latest change */
function assertAccepted({ email, roleChanges }: ShownOutcome): void {
  const latest = roleChanges.at(-1);
  if (latest?.state !== 'refused') return;
  const problem = latest.message ?? `the role ${latest.role} was refused`;
  throw new Exit(exitCodes.failed, problem, `The role of ${email} was not changed.`);
}
