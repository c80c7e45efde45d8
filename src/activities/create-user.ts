import { Context } from '@temporalio/activity';
import { PortalError } from '../docspace/errors.js';
import { unicodeSpelling } from '../docspace/email-spellings.js';
import type { Profile } from '../docspace/profile.js';
import { decideAccountUse } from '../domain/account-policy.js';
import {
  canPostWithoutLookup,
  decideAfterNotFound,
  mayBeNameRace,
  recordPost,
  recordStall,
} from '../domain/create-rule.js';
import { isMarkedBy, markerOf } from '../domain/ownership-marker.js';
import { compareNames, fullName } from '../domain/person-name.js';
import { logAtStart, postOutcome } from './create-log.js';
import {
  handOver,
  isPortalWide,
  isRefusal,
  isStall,
  needsAttention,
  requireRole,
  retryAfter,
  unusable,
} from './failures.js';
import type { Attempt, WorkerContext } from './attempt/run-attempt.js';
import type { CreateUserRequest, CreatedUser } from '../contract/steps.js';

/** The portal's `Date` and the registration in a profile have whole seconds. */
const portalTimeToleranceMs = 1_000;

/** Two people with the same local part may need the same user name at once, so each waits for a random time. */
const nameRacePauseMs = 500;

/**
 * Creates the account with the fewest rights, so a crash before the next step leaves nobody with too many. (Without a
 * type, a portal makes a paid RoomAdmin: docspace-api.md §1.1.) The rule of `create-rule.ts` keeps the create unique:
 * the first attempt posts at once, and every later one looks the e-mail up first. So does the first one if the e-mail
 * has two spellings, because the portal refuses only a second account of the same spelling.
 */
export async function createUser(
  { portal, traits, settleWindowMs }: WorkerContext,
  request: CreateUserRequest,
  attempt: Attempt,
): Promise<CreatedUser> {
  const { email, onboardingId, handOverIfUnclear } = request;
  const role = requireRole(request.role);
  // Both types are free. Creates of both take the same lock, so two creates of one person never run at once.
  const type: 'Guest' | 'User' = role === 'Guest' ? role : 'User';
  const isMailed = request.mail && type !== 'Guest';
  let log = logAtStart(request, attempt);
  try {
    if (handOverIfUnclear && log.posts > 0) throw handOver('the answer to an earlier create was lost', log);
    attempt.assertCircuitClosed();
    if (traits.keepsNotes !== true && log.lastPostAt === null) await savePortalTime();
    const found =
      canPostWithoutLookup(log) && unicodeSpelling(email) === undefined ? undefined : await lookUpBeforePost();
    return found ?? (await post());
  } catch (error) {
    if (!(error instanceof PortalError) || !error.facts.route.startsWith('POST ')) throw error;
    return await resolveFailedPost(error);
  } finally {
    attempt.saveNote(log);
  }

  /** If the portal keeps no notes, a later attempt (perhaps on another worker) recognises the account by this time. */
  async function savePortalTime(): Promise<void> {
    const portalTimeAtStart = portal.time();
    if (portalTimeAtStart === undefined) return;
    log = { ...log, portalTimeAtStart };
    // This attempt is not over: if it is killed, it may have posted.
    attempt.saveNote({ ...log, attempt: log.attempt - 1 });
    if (traits.keepsNotes === false) await attempt.flushNote();
  }

  async function lookUp(): Promise<CreatedUser | undefined> {
    try {
      const account = await portal.findByEmail(email, attempt.untilShutdown);
      return account && (await resolveExisting(account));
    } catch (error) {
      if (isStall(error)) log = recordStall(log);
      throw error;
    }
  }

  /** @returns `undefined` if there is no account, and the create may be sent */
  async function lookUpBeforePost(): Promise<CreatedUser | undefined> {
    const found = await lookUp();
    if (found) return found;
    const next = decideAfterNotFound(log, attempt.now(), settleWindowMs);
    if (next.move === 'wait') throw createNotSettled(next.delayMs);
    if (next.move === 'needs attention') throw createUnconfirmed();
    return undefined;
  }

  async function post(): Promise<CreatedUser> {
    const { firstName, lastName } = request;
    const comment = markerOf(onboardingId, Context.current().info.workflowExecution?.runId ?? '');
    const user = { firstName, lastName, email, type, comment };
    // A create that is cancelled while it waits in the queue is never sent. Once sent, it is completed.
    const bounds = { ...attempt.writeBounds, signal: attempt.untilShutdown, unsent: attempt.signal };
    const account = await (isMailed ? portal.createUser(user, bounds) : portal.createUserWithoutMail(user, bounds));
    traits.keepsNotes = account.notes !== '';
    if (account.email === email) {
      return { id: account.id, role: account.role, created: true, mail: isMailed ? 'sent' : 'none' };
    }
    // An answer that shows somebody else proves nothing: the create may still have happened.
    throw new PortalError({ kind: 'unreadable', route: 'POST /people', status: 200, code: 'another e-mail' });
  }

  /** The account is looked up even after a cancelled create, so the outcome shows what the portal has. */
  async function resolveFailedPost(error: PortalError): Promise<CreatedUser> {
    const outcome = postOutcome(error);
    log = recordPost(log, outcome);
    const isCancelled = attempt.signal.aborted;
    const isUnsettled = outcome !== 'not sent' && !isPortalWide(error, portal.origin) && !isCancelled;
    if (handOverIfUnclear && isUnsettled) throw handOver(error.message, log);
    const mayExist = outcome === 'rejected' || (outcome === 'unknown' && isCancelled);
    const found = mayExist ? await lookUp() : undefined;
    if (found) return found;
    throw isRefusal(error) && mayBeNameRace(log) ? createRefused(error) : error;
  }

  /** Decides about an account that a look-up found. The next step decides whether its role may change. */
  async function resolveExisting(account: Profile): Promise<CreatedUser> {
    const isOurs = await isCreatedByUs(account);
    const isCreatedNow = isOurs && log.lastPostAt !== null;
    const policy = { email, role, isOurs, existing: request.existing, allowDemotion: true };
    const decision = decideAccountUse(account, policy);
    if (decision.use === 'refuse' && decision.problem !== 'owner') throw unusable(decision);
    if (!isCreatedNow && request.resumed !== true) assertSamePerson(request, account);
    const found = { id: account.id, role: account.role };
    // If this run has posted nothing, the marker proves an earlier onboarding.
    if (!isCreatedNow) return { ...found, created: false, mail: 'none' };
    return {
      ...found,
      created: true,
      mail: isMailed ? 'pending' : 'none',
      lastUnclearWriteAt: log.lastPostAt === 'this attempt' ? attempt.now() : log.lastPostAt!,
      needsRoleReset: type,
    };
  }

  /**
   * Our marker proves it. On a portal that keeps no notes, two facts do: our own key created the account, and it was
   * registered after the create began, by the portal's clock.
   */
  async function isCreatedByUs({ notes, createdBy, registeredAt }: Profile): Promise<boolean> {
    const { lastPostAt, portalTimeAtStart } = log;
    if (notes !== '' || traits.keepsNotes === true || lastPostAt === null) return isMarkedBy(notes, onboardingId);
    if (createdBy === undefined || registeredAt === undefined || portalTimeAtStart === undefined) return false;
    if (registeredAt < portalTimeAtStart - portalTimeToleranceMs) return false;
    return createdBy === (await portal.self(attempt.untilShutdown)).id;
  }
}

/** An operator who retries accepts the name. */
function assertSamePerson(request: CreateUserRequest, account: Profile): void {
  if (compareNames(request, account) !== 'conflict') return;
  throw needsAttention(
    'conflict',
    `the account with this e-mail belongs to ${fullName(account)}`,
    'Compare the names. If it is the same person, retry; if not, cancel.',
  );
}

function createNotSettled(delayMs: number): Error {
  return retryAfter(
    delayMs,
    'the answer to the create was lost; the account is looked up again before another create is sent',
  );
}

function createRefused({ facts: { portalMessage } }: PortalError): Error {
  return retryAfter(
    nameRacePauseMs * (1 + Math.random() * 3),
    `the portal refused the create, perhaps because another create took the user name at the same moment: ${portalMessage ?? 'no reason given'}`,
  );
}

function createUnconfirmed(): Error {
  return needsAttention(
    'portal-unavailable',
    'up to five creates may have been sent, and the portal never showed the account',
    "Check the portal's log, then retry.",
  );
}
