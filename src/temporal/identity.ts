import { hostname, userInfo } from 'node:os';

/**
 * The identity of a command, in the form of the Temporal CLI. The history keeps it with each signal, and the audit of role
 * changes shows it.
 */
export const clientIdentity = (): string => `docspace-onboarding:${userName()}@${hostname()}`;

const workerPrefix = 'docspace-onboarding-worker';

/** The identity of a worker. Commands compare the fingerprint of its codec with their own. */
export const workerIdentity = (codecFingerprint: string | undefined): string =>
  `${workerPrefix}${codecFingerprint === undefined ? '' : `+codec=${codecFingerprint}`}:${process.pid}@${hostname()}`;

/** The codec's fingerprint in the identity of a worker; `null` if the worker has no codec, `undefined` if it is not ours. */
export function fingerprintIn(identity: string): string | null | undefined {
  const [isOurs, fingerprint] = /^docspace-onboarding-worker(?:\+codec=([^:]*))?:/.exec(identity) ?? [];
  return isOurs === undefined ? undefined : (fingerprint ?? null);
}

/** In a container, the user may have no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown');
  }
}
