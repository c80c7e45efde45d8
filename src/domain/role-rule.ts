import { dateBy, remainingWindowMs, type ServerTime } from './create-rule.js';
import { isAbove, isPaid, type Role, type ShownRole } from './roles.js';

/**
 * The rule that proves a role: while anything is unclear, only a write proves it, not a profile that already shows
 * it. It is pure, like `create-rule.ts`.
 *
 * A create or a role write whose answer was lost can leave the portal with a stale cache for 20 minutes, or with a
 * statement that still runs later. Either way a profile shows a role that differs from the database. A half-made
 * account shows as RoomAdmin and becomes a User afterwards. A demotion job (`POST /people/type`) always writes and
 * clears the cache.
 */

/** What a run knows about its role writes. Each attempt passes it to the next one. */
export interface RoleWriteLog {
  /** The attempt that wrote this when it ended. */
  attempt: number;
  /** The last write that may still take effect: when it ended, and the role that it sets, if it can only be one. */
  unclear: { at: ServerTime; role?: Role } | null;
  /** After an unclear create: whether a demotion job has made the account a User or Guest. */
  reset?: 'needed' | 'done';
  /** Demotion jobs that failed. */
  failedJobs: number;
}

/** A reset lowers a half-made account, whatever role is requested. */
type RoleMove = { move: 'done' } | { move: 'wait'; delayMs: number } | { move: 'write'; role: Role; isReset?: true };

/**
 * The log at the start of an attempt.
 *
 * @param log what the previous attempt left, or what is known before the first attempt
 */
export function resumeRoleLog(attempt: number, log: RoleWriteLog, requested: Role, scheduledAt: number): RoleWriteLog {
  const { unclear } = log;
  const dated = { ...log, attempt, unclear: unclear && { ...unclear, at: dateBy(unclear.at, scheduledAt) } };
  // The previous attempt was killed, perhaps right after a write.
  return log.attempt === attempt - 1 ? dated : recordUnclearWrite(dated, requested, scheduledAt);
}

/** The log after a write that may still take effect. */
export function recordUnclearWrite(log: RoleWriteLog, role: Role, at: ServerTime = 'this attempt'): RoleWriteLog {
  const isOnlyRole = log.unclear === null || log.unclear.role === role;
  return { ...log, unclear: { at, ...(isOnlyRole && { role }) } };
}

/** A read that hung or failed shows that the portal stalls, and a write may stall with it. */
export function recordStalledRead(log: RoleWriteLog): RoleWriteLog {
  return log.unclear ? { ...log, unclear: { ...log.unclear, at: 'this attempt' } } : log;
}

/** A half-made account shows as RoomAdmin. One that shows a free role is complete, or a job has made it so. */
export function recordShownRole(log: RoleWriteLog, shown: ShownRole): RoleWriteLog {
  return log.reset === 'needed' && !isPaid(shown) ? { ...log, reset: 'done' } : log;
}

/** What to do about the role that a profile shows. */
export function decideRoleMove(
  log: RoleWriteLog,
  { shown, requested }: { shown: ShownRole; requested: Role },
  now: number,
  settleWindowMs: number,
): RoleMove {
  if (log.reset === 'needed' && (shown === 'RoomAdmin' || (shown === requested && isPaid(shown)))) {
    return { move: 'write', role: requested === 'Guest' ? 'Guest' : 'User', isReset: true };
  }
  const remainingMs = log.unclear ? remainingWindowMs(log.unclear.at, now, settleWindowMs) : 0;
  const isRepeat = log.unclear?.role === requested;
  const mustSettle = shown === requested || isAbove(requested, shown);
  if (remainingMs > 0 && mustSettle && !isRepeat) return { move: 'wait', delayMs: remainingMs };
  // A free role that is shown needs no second job. A paid role may come from the cache.
  const isProven = remainingMs === 0 || !isPaid(requested);
  return shown === requested && isProven ? { move: 'done' } : { move: 'write', role: requested };
}

/**
 * What to do if the portal refused to set a role that the profile shows. Usually the role was set before: setting the
 * same type twice is a 403. After an unclear create it proves nothing, because the role may come from the cache.
 */
export function decideAfterRefusal(
  log: RoleWriteLog,
  now: number,
  settleWindowMs: number,
): RoleMove | { move: 'reset' } {
  if (log.unclear === null) return { move: 'done' };
  if (log.reset) return { move: 'reset' };
  const delayMs = remainingWindowMs(log.unclear.at, now, settleWindowMs);
  return delayMs > 0 ? { move: 'wait', delayMs } : { move: 'done' };
}
