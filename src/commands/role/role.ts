import { signalRole } from '../../client/send-signal.js';
import type { ExitCode } from '../../program/exit.js';
import { sendChange, type ChangeOptions } from '../send-change.js';

/** Signals a role change, and waits until the portal shows the role. */
export function changeRole(
  email: string,
  role: string,
  flags: ChangeOptions & { reason?: string | undefined },
): Promise<ExitCode> {
  const { reason } = flags;
  const change = reason === undefined ? role : { role, reason };
  return sendChange(email, flags, (session) => signalRole(session, email, change));
}
