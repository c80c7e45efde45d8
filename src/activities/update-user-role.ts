import { setTimeout as delay } from 'node:timers/promises';
import { withoutAddresses } from '../docspace/http/envelope.js';
import { isNotFound, PortalError } from '../docspace/errors.js';
import { decideAccountUse } from '../domain/account-policy.js';
import {
  decideAfterRefusal,
  decideRoleMove,
  recordShownRole,
  recordStalledRead,
  recordUnclearWrite,
  resumeRoleLog,
  type RoleWriteLog,
} from '../domain/role-rule.js';
import { differingName } from '../domain/person-name.js';
import { isAbove, isPaid, type Role, type ShownRole } from '../domain/roles.js';
import { isRefusal, isStall, needsAttention, outcomeOf, requireRole, retryAfter, unusable } from './failures.js';
import type { Attempt, WorkerContext } from './attempt/run-attempt.js';
import { readAccount } from './read-account.js';
import type { UpdateUserRoleRequest, UpdatedUserRole } from '../contract/steps.js';

/** After this many attempts, an account that the portal does not show was deleted; it is not just late. */
const maxAttemptsNotShown = 4;

/** A new account shows as RoomAdmin for 10 to 148 ms or longer, so a role is read twice before it is lowered. */
const lowerPauseMs = 1_000;

/** One demotion job in a hundred fails because of a race in the portal, and succeeds when repeated. */
const maxFailedJobs = 3;

const jobRetryMs = 1_000;

/** 25 jobs at once took 65 s on the vendor's server. */
const minJobTimeMs = 5_000;

/** Makes the portal show the requested role, and ends only when a profile, read back, proves it (`role-rule.ts`). */
export async function updateUserRole(
  { portal, traits, settleWindowMs }: WorkerContext,
  request: UpdateUserRoleRequest,
  attempt: Attempt,
): Promise<UpdatedUserRole> {
  const { id, email, allowDemotion } = request;
  const { signal, writeBounds } = attempt;
  attempt.assertCircuitClosed();
  if (request.requestedRole === '') {
    const { role } = await readAccount(portal, { id, email }, signal);
    return { from: role, role };
  }
  const requested = requireRole(request.requestedRole);

  const policy = { email, role: requested, isOurs: true, existing: 'adopt', allowDemotion } as const;
  let log = logAtStart(request, requested, attempt);
  let name: ReturnType<typeof differingName> = {};
  try {
    return await makeRole();
  } finally {
    attempt.saveNote(log);
  }

  async function makeRole(): Promise<UpdatedUserRole> {
    const from = lastProfileRole() ?? (await read());
    let shown = from;
    let call: string | undefined;
    for (;;) {
      const next = decideRoleMove(log, { shown, requested }, attempt.now(), settleWindowMs);
      if (next.move === 'wait') throw roleNotSettled(next.delayMs);
      if (next.move === 'done') return toUpdatedUserRole(from, shown, call);
      if (isAbove(shown, next.role)) {
        await delay(lowerPauseMs, undefined, { signal });
        const shownBefore = shown;
        shown = await read();
        if (shown !== shownBefore) continue;
      }
      if (!next.isReset && isKept(shown)) return toUpdatedUserRole(from, shown, call);
      call = await write(shown, next.role);
      shown = await read();
      if (shown !== next.role) throw roleNotShown(next.role, shown);
      const isProven = next.role === requested && log.unclear?.role === requested;
      if (isProven) return toUpdatedUserRole(from, shown, call);
    }
  }

  /** Whether the account keeps its role, because nobody asked to lower it. */
  function isKept(shown: ShownRole): boolean {
    return shown !== requested && decideAccountUse({ email, role: shown, state: 'active' }, policy).use === 'keep';
  }

  /** The role that the previous step read, unless it proves nothing or would end this step. */
  function lastProfileRole(): ShownRole | undefined {
    const { lastProfileRole: shown } = request;
    const isUsable =
      attempt.number === 1 && !attempt.isDelayed && !log.unclear && shown !== requested && shown !== 'Owner';
    return isUsable ? shown : undefined;
  }

  async function read(): Promise<ShownRole> {
    const profile = await portal.getUser(id, signal).catch((error: unknown) => {
      if (isStall(error)) log = recordStalledRead(log);
      throw isNotFound(error) && attempt.number >= maxAttemptsNotShown ? accountDeleted() : error;
    });
    const decision = decideAccountUse(profile, policy);
    if (decision.use === 'refuse') throw unusable(decision);
    log = recordShownRole(log, profile.role);
    name = differingName(request, profile);
    return profile.role;
  }

  /** @returns the call after which the portal may show the role */
  async function write(shown: ShownRole, role: Role): Promise<string> {
    // A job lowers to a free role. The call that raises also makes a DocSpaceAdmin a RoomAdmin (docspace-api.md §3.3).
    const needsJob = isAbove(shown, role) && !isPaid(role);
    try {
      if (needsJob) return await lower(role);
      // If the profile already showed the role, nobody could tell whether the documented call did anything.
      return (shown !== role && (await writeAsDocumented(role))) || (await raise(role));
    } catch (error) {
      if (!(error instanceof PortalError)) throw error;
      const isRead = error.facts.route.startsWith('GET ');
      if (!isRead && outcomeOf(error) === 'unknown') log = recordUnclearWrite(log, role);
      if (!isRefusal(error) || (await read()) !== role) throw error;
      const next = decideAfterRefusal(log, attempt.now(), settleWindowMs);
      if (next.move === 'reset') log = { ...log, reset: 'needed' };
      if (next.move === 'wait') throw roleNotSettled(next.delayMs);
      if (next.move !== 'done') throw roleUnproven();
      return needsJob ? 'POST /people/type' : 'PUT /people/type/{type}';
    }
  }

  /** The call of the API page. Every real portal today answers 200 and changes nothing. */
  async function writeAsDocumented(role: Role): Promise<string | undefined> {
    if (traits.documentedRoleIgnored) return undefined;
    const profile = await portal.updateRole(id, request.requestedRole, writeBounds);
    if (profile.role === role) return 'PUT /people/{id}';
    traits.documentedRoleIgnored = true;
    return undefined;
  }

  async function raise(role: Role): Promise<string> {
    await portal.promote(id, role, writeBounds);
    return 'PUT /people/type/{type}';
  }

  /** Starts a job at the portal, and polls it. The portal reports a failure only as a text in a 200. */
  async function lower(role: Role): Promise<string> {
    const endsAt = performance.now() + Math.max(settleWindowMs, minJobTimeMs);
    let job = await portal.demote(id, role, writeBounds);
    for (let pauseMs = 100; job && !job.isCompleted && !job.error; pauseMs = Math.min(pauseMs * 2, 2_000)) {
      if (performance.now() > endsAt) {
        log = recordUnclearWrite(log, role);
        throw jobUnfinished(role, job.percentage);
      }
      await delay(pauseMs, undefined, { signal });
      job = await portal.demotionProgress(id, signal);
    }
    if (!job?.error) return 'POST /people/type';
    throw failedJob(role, `the portal could not lower the role: ${withoutAddresses(job.error)}`);
  }

  /** A statement of a failed job may still run, so the settle window begins when the job ends. */
  function failedJob(role: Role, message: string): Error {
    log = recordUnclearWrite({ ...log, failedJobs: log.failedJobs + 1 }, role);
    if (log.failedJobs < maxFailedJobs) return retryAfter(jobRetryMs, message);
    return needsAttention(
      'role-not-applied',
      `${message} (tried ${log.failedJobs} times)`,
      'Fix that in the portal, or use the key of somebody with more rights, then retry.',
    );
  }

  function roleNotShown(role: Role, shown: ShownRole): Error {
    const message = `the portal accepted the role ${role}, but the profile still shows ${shown}`;
    if (!isPaid(role)) return failedJob(role, message);
    return needsAttention('role-not-applied', message, 'Set the role in the portal, then retry.');
  }

  function toUpdatedUserRole(from: ShownRole, role: ShownRole, call: string | undefined): UpdatedUserRole {
    const { unclear } = log;
    return {
      from,
      role,
      ...name,
      ...(call !== undefined && { call }),
      ...(unclear && { lastUnclearWriteAt: unclear.at === 'this attempt' ? attempt.now() : unclear.at }),
    };
  }
}

/** An earlier step, or an earlier execution of this one, may have left an unclear write. */
function logAtStart(request: UpdateUserRoleRequest, requested: Role, attempt: Attempt): RoleWriteLog {
  const { resumeFrom, lastUnclearWriteAt, needsRoleReset } = request;
  const { number, scheduledAt, isReset } = attempt;
  const fromCreate: RoleWriteLog = {
    attempt: 0,
    unclear:
      lastUnclearWriteAt === undefined
        ? null
        : { at: lastUnclearWriteAt, ...(needsRoleReset && { role: needsRoleReset }) },
    ...(needsRoleReset && { reset: 'needed' }),
    failedJobs: 0,
  };
  const earlier = isRoleWriteLog(resumeFrom) ? { ...resumeFrom, attempt: 0, failedJobs: 0 } : fromCreate;
  const note = isRoleWriteLog(attempt.previousNote) ? attempt.previousNote : earlier;
  const isUnknown = number === 1 && (isReset || resumeFrom === 'unknown');
  if (isUnknown) return { ...note, attempt: 1, unclear: { at: scheduledAt } };
  return resumeRoleLog(number, note, requested, scheduledAt);
}

/** Excludes the log of a worker that serves another portal. It made no call, so its log has no role writes. */
function isRoleWriteLog(note: unknown): note is RoleWriteLog {
  return typeof note === 'object' && note !== null && 'unclear' in note;
}

function accountDeleted(): Error {
  return needsAttention(
    'conflict',
    'the account is no longer at the portal',
    'Somebody deleted it. Cancel this onboarding, and start a new one if the person should have an account.',
  );
}

function jobUnfinished(role: Role, percentage: number | undefined): Error {
  const progress = percentage === undefined ? '' : ` (${percentage} % done)`;
  return needsAttention(
    'role-not-applied',
    `the portal is still lowering this account to ${role}${progress}`,
    'Check in the portal whether the job is stuck, then retry.',
  );
}

function roleNotSettled(delayMs: number): Error {
  return retryAfter(
    delayMs,
    'the answer to an earlier write was lost; this step waits until that write can no longer take effect',
  );
}

function roleUnproven(): Error {
  return retryAfter(
    jobRetryMs,
    'the portal reports that the role is already set, but the answer to the create was lost; the role is lowered and raised again',
  );
}
