import type { CreateGroupRequest, CreateUserRequest } from '../contract/steps.js';
import type { PortalError } from '../docspace/errors.js';
import { resumeLog, type CreateAttemptLog, type WriteOutcome } from '../domain/create-rule.js';
import type { Attempt } from './attempt/run-attempt.js';
import { outcomeOf } from './failures.js';

/** What an attempt to create something knows about earlier posts. */
export function logAtStart(request: CreateGroupRequest | CreateUserRequest, attempt: Attempt): CreateAttemptLog {
  const { number, scheduledAt, isReset } = attempt;
  const { resumeFrom, resumed } = request;
  const earlier = resumeFrom === undefined || resumeFrom === 'unknown' ? undefined : { ...resumeFrom, attempt: 0 };
  const log = resumeLog(number, (attempt.previousNote as CreateAttemptLog | undefined) ?? earlier, scheduledAt);
  if (number > 1) return log;
  // An operator who resumes a create may know more than the count of posts.
  if (resumed) log.posts = 0;
  const isUnknown = isReset || resumeFrom === 'unknown';
  return isUnknown ? { ...log, attempt: 1, posts: log.posts + 1, lastPostAt: scheduledAt } : { ...log, attempt: 1 };
}

/** A portal reports an existing account as a 400 or 403. Older portals answer 500, which counts as unknown. */
export function postOutcome(error: PortalError): WriteOutcome {
  const { status = 0, isPortalResponse } = error.facts;
  const outcome = outcomeOf(error);
  return outcome === 'rejected' && !isPortalResponse && status > 404 ? 'unknown' : outcome;
}
