import { PortalError } from '../../docspace/errors.js';
import type { Portal } from '../../docspace/portal.js';
import { describePortalFailure } from '../../docspace/portal-failure.js';
import { withWaitNotice } from '../../terminal/wait-notice.js';
import { Exit, exitCodes } from '../../program/exit.js';

/**
 * Reads from the portal.
 *
 * @throws {Exit} instead of an error of the portal
 */
export async function fromPortal<Result>(portal: Portal, read: () => Promise<Result>): Promise<Result> {
  try {
    return await withWaitNotice(() => `waiting for ${portal.origin}`, read());
  } catch (error) {
    if (!(error instanceof PortalError)) throw error;
    const { message, hint } = describePortalFailure(error, portal);
    throw new Exit(exitCodes.unreachable, message, hint);
  }
}
