import { ApplicationFailure, Context } from '@temporalio/activity';
import { PortalError } from '../docspace/errors.js';
import type { Portal } from '../docspace/portal.js';
import type { Profile } from '../docspace/profile.js';
import { parseRole } from '../domain/roles.js';
import { failureTypes } from '../contract/onboarding.js';
import {
  decideAfterNotFound,
  recordPost,
  resumeLog,
  canPostWithoutLookup,
  type CreateAttemptLog,
  type CreateRule,
  type PostOutcome,
} from '../domain/create-rule.js';
import { giveUp, handOver, isPortalWide, needsAttention } from './failures.js';
import { isMarkedBy, markerOf } from '../domain/ownership-marker.js';
import type { PortalTraits } from './portal-traits.js';
import type { Attempt } from './attempt/run-attempt.js';
import type { CreateUserRequest, CreatedUser } from '../contract/steps.js';

/**
 * Creates the account with the least right, so that a crash before the next step leaves nobody with too many: a portal
 * that is told no type makes a paid RoomAdmin (docspace-api.md §1.1). Once, by the rule of `create-rule.ts`: the first
 * attempt posts at once; any later one, and any answer that may mean "already there", looks the e-mail up first.
 */
export async function createUser(
  portal: Portal,
  learned: PortalTraits,
  rule: CreateRule,
  request: CreateUserRequest,
  attempt: Attempt,
): Promise<CreatedUser> {
  let note = noteAtStart(request, attempt);
  const lookUp = async (): Promise<CreatedUser | undefined> => {
    const account = await portal.findByEmail(request.email, attempt.untilShutdown);
    return account && taken(portal, learned, account, request, attempt.untilShutdown, note.posts > 0);
  };
  try {
    if (request.handOverIfUnclear && note.posts > 0)
      throw handOver('an earlier create was left without an answer', note);
    attempt.assertCircuitClosed();
    if (!canPostWithoutLookup(note)) {
      const found = await lookUp();
      if (found) return found;
      const next = decideAfterNotFound(note, Date.now(), rule);
      if (next.move === 'wait') throw lookAgain(next.delay);
      if (next.move === 'park') throw neverShown();
    }
    const account = await send(portal, request, attempt);
    learned.keepsNotes = account.notes !== '';
    return made(account, request);
  } catch (error) {
    if (!(error instanceof PortalError) || !error.facts.route.startsWith('POST ')) throw error;
    const outcome = outcomeOf(error);
    note = recordPost(note, outcome, Date.now());
    const isUnsettled = outcome !== 'not sent' && !isPortalWide(error, portal.origin) && !attempt.signal.aborted;
    if (request.handOverIfUnclear && isUnsettled) throw handOver(error.message, note);
    // A create that was cancelled half-way is looked up too: what is reported is what the portal has.
    const mayBeThere = outcome === 'rejected' || (outcome === 'unknown' && attempt.signal.aborted);
    const found = mayBeThere ? await lookUp() : undefined;
    if (found) return found;
    throw error;
  } finally {
    attempt.saveNote(note);
  }
}

function noteAtStart({ resumeFrom, resumed }: CreateUserRequest, { number, previousNote }: Attempt): CreateAttemptLog {
  const now = Date.now();
  // A person who releases it may know better than the count of posts.
  if (number === 1 && resumed && resumeFrom && resumeFrom !== 'unknown') {
    return resumeLog(1, { ...resumeFrom, posts: 0, attempt: 0 }, now);
  }
  if (number > 1) return resumeLog(number, previousNote as CreateAttemptLog | undefined, now);
  if (resumeFrom === 'unknown') return { attempt: 1, posts: 1, lastPostAt: now };
  return resumeLog(1, resumeFrom && { ...resumeFrom, attempt: 0 }, now);
}

/** Every post ends in one of these. A portal says "already there" as a 400, older ones as a 500, which is unknown. */
function outcomeOf({ facts: { kind, status, isPortalResponse } }: PortalError): PostOutcome {
  if (kind === 'not-sent' || kind === 'throttled' || status === 429) return 'not sent';
  const refused = status !== undefined && status >= 400 && status < 500 && status !== 408;
  return kind === 'status' && refused && (isPortalResponse || status <= 404) ? 'rejected' : 'unknown';
}

function send(portal: Portal, request: CreateUserRequest, attempt: Attempt): Promise<Profile> {
  const { firstName, lastName, email, mail, onboardingId } = request;
  const comment = markerOf(onboardingId, Context.current().info.workflowExecution?.runId ?? '');
  const guest = parseRole(request.role) === 'Guest';
  const user = { firstName, lastName, email, type: guest ? ('Guest' as const) : ('User' as const), comment };
  // What was cancelled before its turn came is never sent; what was sent is seen through.
  const bounds = { signal: attempt.untilShutdown, unsent: attempt.signal, mayWrite: attempt.assertLeaseHeld };
  return guest || !mail ? portal.createUserWithoutMail(user, bounds) : portal.createUser(user, bounds);
}

/** An answer to a create that shows somebody else proves nothing: the create may have happened. */
function made(account: Profile, { email }: CreateUserRequest): CreatedUser {
  if (account.email === email) return { id: account.id, role: account.role, created: true };
  throw new PortalError({ kind: 'unreadable', route: 'POST /people', status: 200, code: 'another e-mail' });
}

async function taken(
  portal: Portal,
  learned: PortalTraits,
  account: Profile,
  request: CreateUserRequest,
  signal: AbortSignal,
  mayBeSent: boolean,
): Promise<CreatedUser> {
  refuseUnusable(account, request.email);
  const { id, role } = account;
  if (await isOurs(portal, learned, account, request, signal, mayBeSent)) return { id, role, created: true };
  if (role === parseRole(request.role) || request.existing === 'adopt') return { id, role, created: false };
  throw giveUp(
    `an account with this e-mail exists already, as ${role}, and was not made by this onboarding; to go on with it, use --existing adopt`,
  );
}

/** By our marker; on a portal that keeps no notes, by our own key and after we began, by the portal's own clock. */
async function isOurs(
  portal: Portal,
  learned: PortalTraits,
  account: Profile,
  { onboardingId, startedAt }: CreateUserRequest,
  signal: AbortSignal,
  mayBeSent: boolean,
): Promise<boolean> {
  if (account.notes !== '' || learned.keepsNotes || !mayBeSent) return isMarkedBy(account.notes, onboardingId);
  if (account.createdBy === undefined || account.registeredAt === undefined) return false;
  if (account.registeredAt < portal.toPortalTime(startedAt)) return false;
  return account.createdBy === (await portal.self(signal)).id;
}

/** An account that is not this person's, or that the portal has disabled or merely invited, is never used. */
function refuseUnusable(account: Profile, email: string): void {
  if (account.email !== email) {
    throw needsAttention(
      'conflict',
      'the portal answers with the account of another e-mail',
      'Look for accounts whose e-mail differs only in case or accents, and mend them in the portal, then retry.',
    );
  }
  if (account.state !== 'active') {
    throw needsAttention(
      'conflict',
      `the account with this e-mail is ${account.state}`,
      'Enable or delete it in the portal, then retry: this program revives nobody.',
    );
  }
}

function lookAgain(delay: number): ApplicationFailure {
  return ApplicationFailure.create({
    message:
      'the answer to the create was lost, and the account is not there yet; it is looked for again before anything is posted',
    type: failureTypes.portalUnavailable,
    nextRetryDelay: delay,
  });
}

function neverShown(): ApplicationFailure {
  return needsAttention(
    'portal-unavailable',
    'the create may have been sent five times, and the portal never showed the account',
    'Look at the log of the portal, then retry.',
  );
}
