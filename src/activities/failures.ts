import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import { PortalError } from '../docspace/errors.js';
import { failureTypes, type AttentionDetails } from '../contract/onboarding.js';
import type { AttentionReason } from '../contract/attention-reasons.js';
import { classify } from '../docspace/verdict.js';
import type { AccountUse } from '../domain/account-policy.js';
import type { WriteOutcome } from '../domain/create-rule.js';
import { parseRole, unknownRole, type Role } from '../domain/roles.js';

/** The failure that tells Temporal or the workflow what to do. It carries only the message of the verdict. */
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
        // Without a delay, Temporal's own backoff applies.
        ...(facts.waitMs !== undefined && { nextRetryDelay: facts.waitMs }),
        category: ApplicationFailureCategory.BENIGN,
      });
    case 'needs attention':
      return needsAttention(verdict.reason, verdict.message, verdict.hint, verdict.portalWide);
    case 'give up':
      return permanent(verdict.message);
  }
}

/** Makes the onboarding wait for an operator. It also checks again by itself if the problem is portal-wide. */
export function needsAttention(
  reason: AttentionReason,
  message: string,
  hint: string,
  portalWide = false,
): ApplicationFailure {
  const details: AttentionDetails = { reason, message, hint, ...(portalWide && { portalWide }) };
  return ApplicationFailure.nonRetryable(message, failureTypes.needsAttention, details);
}

/** Ends the onboarding as failed. */
export function permanent(message: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(message, failureTypes.permanent);
}

/** @throws {ApplicationFailure} that ends the onboarding, if the word names no role */
export function requireRole(word: string): Role {
  const role = parseRole(word);
  if (!role) throw permanent(unknownRole(word));
  return role;
}

/** Makes Temporal retry the step after a delay. */
export function retryAfter(delayMs: number, message: string): ApplicationFailure {
  const nextRetryDelay = Math.ceil(delayMs);
  return ApplicationFailure.create({ message, type: failureTypes.portalUnavailable, nextRetryDelay });
}

/** The failure for an account that may not be used. */
export function unusable({ problem, message, hint }: AccountUse & { use: 'refuse' }): ApplicationFailure {
  if (problem === 'exists') return permanent(`${message}. ${hint}`);
  return needsAttention(problem === 'owner' ? 'permission' : 'conflict', message, hint);
}

/** Makes a chunk hand this person over to their own onboarding, with the note of the step. */
export function handOver(message: string, note: unknown): ApplicationFailure {
  return ApplicationFailure.nonRetryable(message, failureTypes.handOver, note);
}

export function isPortalWide({ facts }: PortalError, origin: string): boolean {
  const verdict = classify(facts, origin);
  return verdict.kind === 'needs attention' && verdict.portalWide === true;
}

/** What happened to a failed write. */
export function outcomeOf({ facts: { kind, status = 0 } }: PortalError): WriteOutcome {
  if (kind === 'not-sent' || kind === 'throttled' || status === 429) return 'not sent';
  return kind === 'status' && status < 500 && status !== 408 ? 'rejected' : 'unknown';
}

/** Whether the portal itself refused a write. Its answer is localised, so no rule depends on the reason. */
export function isRefusal({ facts: { status, isPortalResponse } }: PortalError): boolean {
  return isPortalResponse === true && (status === 400 || status === 403);
}

/** Whether a read hung, or met an error of the server. */
export function isStall(error: unknown): boolean {
  if (!(error instanceof PortalError)) return false;
  const { kind, status = 0 } = error.facts;
  return kind === 'unanswered' || status >= 500;
}
