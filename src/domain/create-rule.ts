/**
 * The rule that creates an account exactly once: when to post, when to look up, when to wait. It is pure, so a
 * simulation can run it against a portal that loses answers, commits late and dies half-way (test/simulation/).
 *
 * `POST /people` has no idempotency key, and no index keeps an e-mail unique. A create whose answer was lost may have
 * happened, may not have happened, or may still happen. So nothing is posted again until look-ups have found no
 * account for longer than a portal can still be working on the last post: the settle window. It is longer than anything
 * at the portal that ends by itself: a lock wait of 30 s, then 30 s for each statement.
 */

/**
 * Milliseconds of Temporal's clock. An attempt knows when the server scheduled it, but not how long it then waited
 * for a worker. So it leaves its actions undated, and the next attempt, which the server schedules later, dates them.
 */
export type ServerTime = number | 'this attempt';

/** What a run knows about its posts. Each attempt passes it to the next one. */
export interface CreateAttemptLog {
  /** The attempt that wrote this when it ended. If an attempt is killed, the log of an older one remains. */
  attempt: number;
  /** Posts that may have reached the portal. All those of killed attempts count as one. */
  posts: number;
  /** When the last of them ended, or when the portal last stalled; `null` if none was sent. */
  lastPostAt: ServerTime | null;
  /** Posts that the portal refused although nobody has the e-mail. */
  refusals?: number;
  /** The portal's clock when the create began. */
  portalTimeAtStart?: number;
}

/** What happened to a write. Only `unknown` opens the settle window: it may have happened, or may still happen. */
export type WriteOutcome = 'not sent' | 'rejected' | 'unknown';

type NextMove = { move: 'post' } | { move: 'wait'; delayMs: number } | { move: 'needs attention' };

/** After five posts without any trace of an account, something is wrong. */
const maxPosts = 5;

const minPauseMs = 500;

/** The log before anything was tried. */
export const neverTried: CreateAttemptLog = { attempt: 0, posts: 0, lastPostAt: null };

/** Dates a time that the previous attempt left undated, with its latest possible value. */
export function dateBy<Time extends ServerTime | null>(time: Time, scheduledAt: number): Exclude<Time, string> {
  return (time === 'this attempt' ? scheduledAt : time) as Exclude<Time, string>;
}

/**
 * The log at the start of an attempt.
 *
 * @param scheduledAt when the server scheduled this attempt
 */
export function resumeLog(attempt: number, log: CreateAttemptLog | undefined, scheduledAt: number): CreateAttemptLog {
  if (attempt === 1 && !log) return { ...neverTried, attempt };
  if (log?.attempt === attempt - 1) return { ...log, attempt, lastPostAt: dateBy(log.lastPostAt, scheduledAt) };
  // The previous attempt was killed, perhaps right after a post. A kill says nothing about the portal, so the posts of all
  // killed attempts count as one.
  return { ...log, attempt, posts: Math.max(1, log?.posts ?? 0), lastPostAt: scheduledAt };
}

/** A create may post without a look-up only if nothing was ever tried. */
export function canPostWithoutLookup({ attempt, posts, lastPostAt }: CreateAttemptLog): boolean {
  return attempt === 1 && posts === 0 && lastPostAt === null;
}

/** Milliseconds until a write that ended at a given time can no longer take effect. */
export function remainingWindowMs(endedAt: ServerTime, now: number, settleWindowMs: number): number {
  return endedAt === 'this attempt' ? settleWindowMs : Math.max(0, settleWindowMs - (now - endedAt));
}

/** What to do if a look-up found nobody with this e-mail. */
export function decideAfterNotFound(
  { posts, lastPostAt }: CreateAttemptLog,
  now: number,
  settleWindowMs: number,
): NextMove {
  const remainingMs = lastPostAt === null ? 0 : remainingWindowMs(lastPostAt, now, settleWindowMs);
  if (remainingMs > 0) {
    // Each pause is as long as the wait so far, so an account that appears early is found early.
    return { move: 'wait', delayMs: Math.min(Math.max(settleWindowMs - remainingMs, minPauseMs), remainingMs) };
  }
  return posts >= maxPosts ? { move: 'needs attention' } : { move: 'post' };
}

/** The log after a post that was not confirmed. */
export function recordPost(log: CreateAttemptLog, outcome: WriteOutcome): CreateAttemptLog {
  if (outcome === 'unknown') return { ...log, posts: log.posts + 1, lastPostAt: 'this attempt' };
  return outcome === 'rejected' ? { ...log, refusals: (log.refusals ?? 0) + 1 } : log;
}

/** A look-up that hung or failed shows that the portal stalls, and a post may stall with it. */
export function recordStall(log: CreateAttemptLog): CreateAttemptLog {
  return log.lastPostAt === null ? log : { ...log, lastPostAt: 'this attempt' };
}

/** Whether a refusal may come from a race for a user name between two people with the same local part. */
export function mayBeNameRace({ refusals = 0 }: CreateAttemptLog): boolean {
  return refusals <= 3;
}
