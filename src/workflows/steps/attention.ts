import { ActivityFailure, ApplicationFailure, isCancellation, TimeoutFailure } from '@temporalio/workflow';
import { failureTypes, type AttentionDetails } from '../../contract/onboarding.js';

/** Why a step needs a person, and what it knew: nothing, where it was only tried for too long. */
export function findAttention(error: unknown): { details: AttentionDetails; resumeFrom: unknown } | undefined {
  if (!(error instanceof ActivityFailure) || isCancelled(error)) return undefined;
  const { cause, retryState } = error;
  if (cause instanceof ApplicationFailure && cause.type === failureTypes.needsAttention) {
    const [details, resumeFrom] = (cause.details ?? []) as [AttentionDetails, unknown];
    return { details, resumeFrom: resumeFrom ?? 'unknown' };
  }
  const triedForLong = retryState === 'TIMEOUT' || retryState === 'MAXIMUM_ATTEMPTS_REACHED';
  if (!triedForLong && !(cause instanceof TimeoutFailure)) return undefined;
  const last = cause instanceof ApplicationFailure ? `; its last answer: ${cause.message}` : '';
  const message = `the portal did not do it for too long${last}`;
  const hint = 'Look whether the portal is up, then retry; it is also tried again by itself.';
  return { details: { reason: 'portal-unavailable', message, hint, portalWide: true }, resumeFrom: 'unknown' };
}

/** Also where a cancelled step ended by itself, and is only not tried again. */
export function isCancelled(error: unknown): boolean {
  return isCancellation(error) || (error instanceof ActivityFailure && error.retryState === 'CANCEL_REQUESTED');
}

const shortestRecheckMs = 60_000;
const longestRecheckMs = 3_600_000;

/** Milliseconds until a portal that refuses everybody is checked again; each check doubles the delay, up to an hour. */
export function recheckDelay({ recheckAfterMs }: AttentionDetails, rechecks: number): number {
  return recheckAfterMs ?? Math.min(shortestRecheckMs * 2 ** rechecks, longestRecheckMs);
}
