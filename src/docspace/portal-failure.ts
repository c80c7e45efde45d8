import type { PortalError } from './errors.js';
import type { Portal } from './portal.js';
import { classify } from './verdict.js';

/** Describes a failed call, with the address of the portal, and what to do. */
export function describePortalFailure(
  { facts }: PortalError,
  { origin, proxy }: Portal,
): { message: string; hint: string } {
  const verdict = classify(facts, origin);
  const message = verdict.message.includes(new URL(origin).hostname)
    ? verdict.message
    : `${origin}: ${verdict.message}`;
  if (verdict.kind === 'needs attention') return { message, hint: verdict.hint };
  return { message, hint: `Check ${proxy === undefined ? 'API_HOST' : 'HTTPS_PROXY'}, then try again.` };
}
