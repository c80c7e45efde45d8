import { ActivityFailure, ApplicationFailure, isCancellation, TimeoutFailure } from '@temporalio/workflow';
import { failureTypes, type AttentionDetails } from '../../contract/onboarding.js';
import { shortened } from '../../utils/shortened.js';

/**
 * Why a failed step needs attention, and its note. The note is `unknown` if the step left none, for example after a
 * timeout.
 *
 * @returns `undefined` if the failure is final, or the step was cancelled
 */
export function findAttention(error: unknown): { details: AttentionDetails; resumeFrom: unknown } | undefined {
  if (!(error instanceof ActivityFailure) || isCancelled(error)) return undefined;
  const { cause, retryState } = error;
  if (cause instanceof ApplicationFailure && cause.type === failureTypes.needsAttention) {
    const [details, resumeFrom] = (cause.details ?? []) as [AttentionDetails, unknown];
    return { details, resumeFrom: resumeFrom ?? 'unknown' };
  }
  const isGivenUp = retryState === 'TIMEOUT' || retryState === 'MAXIMUM_ATTEMPTS_REACHED';
  if (!isGivenUp && !(cause instanceof TimeoutFailure)) return undefined;
  const lastAnswer = cause instanceof ApplicationFailure ? `; its last answer: ${cause.message}` : '';
  const message = `the portal did not finish in time${lastAnswer}`;
  const hint = 'Check that the portal is up, then retry. The onboarding also checks again by itself.';
  return { details: { reason: 'portal-unavailable', message, hint, portalWide: true }, resumeFrom: 'unknown' };
}

/** Also true if a cancelled step failed by itself and was therefore not retried. */
export function isCancelled(error: unknown): boolean {
  return isCancellation(error) || (error instanceof ActivityFailure && error.retryState === 'CANCEL_REQUESTED');
}

/** Any other error is a bug: it fails the workflow task, which Temporal retries until the bug is fixed. */
export function ignoreCancellation(error: unknown): void {
  if (!isCancelled(error)) throw error;
}

const minRecheckMs = 60_000;
const maxRecheckMs = 3_600_000;

/** Milliseconds until a portal that refuses everybody is checked again. They double with each check, up to an hour. */
export function recheckDelay({ recheckAfterMs }: AttentionDetails, rechecks: number): number {
  return recheckAfterMs ?? Math.min(minRecheckMs * 2 ** rechecks, maxRecheckMs);
}

/** In characters. The server refuses a summary of more than 400 bytes, and a codec lengthens it. */
const maxMessageLength = 60;

/** The timer summary of an onboarding that needs attention, for the timeline of the Web UI. */
export function attentionSummary({ reason, message, portalWide }: AttentionDetails): string {
  return `needs attention (${reason}): ${shortened(message, maxMessageLength)}; ${portalWide ? 'checks again' : 'waits for retry'}`;
}
