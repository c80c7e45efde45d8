import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import type { PortalError } from '../docspace/errors.js';
import { failureTypes, type AttentionDetails } from '../contract/onboarding.js';
import type { AttentionReason } from '../contract/attention-reasons.js';
import { classify } from '../docspace/verdict.js';

/** The failure that tells Temporal or the workflow what to do. It carries a verdict's words and nothing of the error. */
export function toFailure(error: PortalError, origin: string): ApplicationFailure {
  const { facts } = error;
  const verdict = classify(facts, origin);
  switch (verdict.kind) {
    case 'retry now':
      return ApplicationFailure.retryable(`${facts.route}: ${verdict.message}`, failureTypes.portalUnavailable);
    case 'retry later':
      return ApplicationFailure.create({
        message: `${facts.route}: ${verdict.message}`,
        type: failureTypes.rateLimited,
        ...(verdict.delay !== undefined && { nextRetryDelay: verdict.delay }),
        category: ApplicationFailureCategory.BENIGN,
      });
    case 'needs attention':
      return needsAttention(verdict.reason, verdict.message, verdict.hint, verdict.portalWide);
    case 'give up':
      return giveUp(verdict.message);
  }
}

/** Parks the onboarding; where the whole portal is concerned, it looks again by itself. */
export function needsAttention(
  reason: AttentionReason,
  message: string,
  hint: string,
  portalWide = false,
): ApplicationFailure {
  const found: AttentionDetails = { reason, message, hint, ...(portalWide && { portalWide }) };
  return ApplicationFailure.nonRetryable(message, failureTypes.needsAttention, found);
}

/** Ends the onboarding as failed. */
export function giveUp(message: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(message, failureTypes.permanent);
}

/** Lets a chunk hand this person over to an onboarding of their own, with the note of the step. */
export function handOver(message: string, note: unknown): ApplicationFailure {
  return ApplicationFailure.nonRetryable(message, failureTypes.handOver, note);
}

/** Whether the error concerns everybody at the portal. */
export function isPortalWide({ facts }: PortalError, origin: string): boolean {
  const verdict = classify(facts, origin);
  return verdict.kind === 'needs attention' && verdict.portalWide === true;
}
