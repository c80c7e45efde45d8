import { hostname, userInfo } from 'node:os';

/**
 * Who speaks to the Temporal server, written as the Temporal CLI does it. The history keeps it for each signal: it is what
 * the audit of role changes shows.
 */
export const clientIdentity = (): string => `docspace-onboarding:${userName()}@${hostname()}`;

const encrypting = 'docspace-onboarding-worker+codec:';

/** A worker with a codec says so, for commands that have none. */
export const workerIdentity = (hasCodec: boolean): string =>
  `${hasCodec ? encrypting : 'docspace-onboarding-worker:'}${process.pid}@${hostname()}`;

export const hasCodecInIdentity = (identity: string): boolean => identity.startsWith(encrypting);

/** In a container the user may have no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown');
  }
}
