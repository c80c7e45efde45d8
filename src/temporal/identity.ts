import { hostname, userInfo } from 'node:os';

/** The identity of a command, in the form of the Temporal CLI. The audit of role changes shows it. */
export const clientIdentity = (): string => `docspace-onboarding:${userName()}@${hostname()}`;

const workerPrefix = 'docspace-onboarding-worker';

/** The identity of a worker. Commands compare the portal and the fingerprint of the codec in it with their own. */
export function workerIdentity(codecFingerprint: string | undefined, portal: string | undefined): string {
  const codec = codecFingerprint === undefined ? '' : `+codec=${codecFingerprint}`;
  const serves = portal === undefined ? '' : ` for ${portal}`;
  return `${workerPrefix}${codec}:${process.pid}@${hostname()}${serves}`;
}

/** The portal in the identity of a worker. A worker without activities names none. */
export function portalIn(identity: string): string | undefined {
  return identity.startsWith(workerPrefix) ? / for (\S+)$/.exec(identity)?.[1] : undefined;
}

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
