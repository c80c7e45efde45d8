/**
 * When to post, when to look, when to wait: the rule by which an account is created once. Pure, so that a simulation can run
 * it against a portal that loses answers, commits late and dies half-way (test/simulation/).
 *
 * `POST /people` has no idempotency key, and nothing at the portal keeps an e-mail unique. A create whose answer was lost may
 * have happened, may not, or may still happen. So nothing is posted again until the e-mail has been looked up, and found
 * absent, for longer than a portal can still be working on the last post: the settle window.
 */

/** What a run knows of its posts; it is kept where the next attempt finds it. Times are in milliseconds. */
export interface CreateAttemptLog {
  /** The attempt that wrote this, as its last act. A kill -9 writes none, and leaves an older attempt's. */
  attempt: number;
  /** Posts that may have reached the portal. */
  posts: number;
  /** When the last of them was given up on; `null` where none was sent. */
  lastPostAt: number | null;
}

/** What became of a post: only `unknown` opens the settle window. */
export type PostOutcome = 'created' | 'not sent' | 'rejected' | 'unknown';

type NextMove = { move: 'post' } | { move: 'wait'; delay: number } | { move: 'park' };

export interface CreateRule {
  /** Milliseconds: longer than the portal's own proxy waits for its application. */
  settleWindow: number;
}

/** So many posts without a trace of an account are no accident. */
const mostPosts = 5;

const shortestPause = 500;

/** What is known before anything was tried. */
export const neverTried: CreateAttemptLog = { attempt: 0, posts: 0, lastPostAt: null };

/** What is known at the start of an attempt. */
export function resumeLog(attempt: number, note: CreateAttemptLog | undefined, now: number): CreateAttemptLog {
  if (attempt === 1 && !note) return { attempt, posts: 0, lastPostAt: null };
  if (note && note.attempt === attempt - 1) return { ...note, attempt };
  // The attempt before died without a word: it may have posted just now.
  return { attempt, posts: (note?.posts ?? 0) + 1, lastPostAt: now };
}

/** Whether the very first thing may be the post: only where none was ever tried. */
export function canPostWithoutLookup({ attempt, posts, lastPostAt }: CreateAttemptLog): boolean {
  return attempt === 1 && posts === 0 && lastPostAt === null;
}

/** What to do where the e-mail was looked up, and nobody has it. */
export function decideAfterNotFound(
  { posts, lastPostAt }: CreateAttemptLog,
  now: number,
  { settleWindow }: CreateRule,
): NextMove {
  if (lastPostAt !== null) {
    const waited = now - lastPostAt;
    // Growing pauses: as long again as was waited already, and not beyond the window.
    if (waited < settleWindow) {
      return { move: 'wait', delay: Math.min(Math.max(waited, shortestPause), settleWindow - waited) };
    }
  }
  return posts >= mostPosts ? { move: 'park' } : { move: 'post' };
}

/** What is known after a post. */
export function recordPost(note: CreateAttemptLog, outcome: PostOutcome, now: number): CreateAttemptLog {
  return outcome === 'unknown' ? { ...note, posts: note.posts + 1, lastPostAt: now } : note;
}
