import { PortalError } from '../docspace/errors.js';
import { classify } from '../docspace/verdict.js';
import { isAbove, type Role, type ShownRole } from '../domain/roles.js';
import type { UpdatedUserRoles, UpdateUserRolesRequest } from '../contract/steps.js';
import { isPortalWide, outcomeOf, requireRole } from './failures.js';
import type { Attempt, WorkerContext } from './attempt/run-attempt.js';

/** What an attempt leaves for the next one. A killed attempt leaves nothing, so its write is unclear. */
interface Note {
  attempt: number;
  lastUnclearWriteAt?: number | undefined;
}

/**
 * Raises the role of a group with one write, and reads everyone back whatever the portal answers: the call is not
 * atomic, stops at the first account that it refuses, and answers 200 for an unknown id (docspace-api.md §3.3).
 * A write whose answer was lost is never repeated here. The caller hands over everyone whose requested role the
 * portal does not show.
 */
export async function updateUserRoles(
  { portal, traits }: WorkerContext,
  request: UpdateUserRolesRequest,
  attempt: Attempt,
): Promise<UpdatedUserRoles> {
  const { requestedRole, users } = request;
  const role = requireRole(requestedRole);
  const note = noteAtStart(request, attempt);
  const startedAt = performance.now();
  try {
    attempt.assertCircuitClosed();
    return await raise();
  } finally {
    attempt.saveNote(note);
  }

  async function raise(): Promise<UpdatedUserRoles> {
    // The call also makes a DocSpaceAdmin a RoomAdmin, and somebody may have raised an account since it was read.
    const isOutdated = attempt.number > 1 || attempt.isDelayed || request.resumeFrom !== undefined || attempt.isReset;
    let roles = isOutdated ? await readBack() : users.map(() => null);
    let refusal: string | undefined;
    const toRaise = users.filter((_, index) => isBelow(roles[index] ?? null, role));
    if (note.lastUnclearWriteAt === undefined && toRaise.length > 0) {
      refusal = await write(toRaise, role);
      roles = await readBack();
    }
    return {
      roles,
      durationMs: Math.round(performance.now() - startedAt),
      ...(refusal !== undefined && { refusal }),
      ...(note.lastUnclearWriteAt !== undefined && { lastUnclearWriteAt: note.lastUnclearWriteAt }),
    };
  }

  async function readBack(): Promise<(ShownRole | null)[]> {
    const emails = users.map(({ email }) => email);
    const found = await portal.findByEmails(emails, attempt.signal);
    return users.map(({ email, id }) => {
      const account = found.get(email);
      return account?.id === id && account.state === 'active' ? account.role : null;
    });
  }

  /** @returns why the portal refused the write, or `undefined` if it did not */
  async function write(group: typeof users, to: Role): Promise<string | undefined> {
    try {
      const rest = await probeDocumentedCall(group, to);
      if (rest.length > 0) await portal.promoteAll(rest, to, attempt.writeBounds);
      return undefined;
    } catch (error) {
      if (!(error instanceof PortalError)) throw error;
      const outcome = outcomeOf(error);
      if (outcome === 'not sent' || isPortalWide(error, portal.origin)) throw error;
      if (outcome === 'rejected') return classify(error.facts, portal.origin).message;
      note.lastUnclearWriteAt = attempt.now();
      if (attempt.signal.aborted) throw error;
      return undefined;
    }
  }

  /**
   * The call of the API page, for one person only. Every real portal answers 200 and changes nothing.
   *
   * @returns the ids that are still to be raised
   */
  async function probeDocumentedCall(group: typeof users, to: Role): Promise<string[]> {
    const ids = group.map(({ id }) => id);
    while (!traits.documentedRoleIgnored && ids[0] !== undefined) {
      const profile = await portal.updateRole(ids[0], requestedRole, attempt.writeBounds);
      if (profile.role === to) ids.shift();
      else traits.documentedRoleIgnored = true;
    }
    return ids;
  }
}

const isBelow = (shown: ShownRole | null, role: Role): boolean => shown === null || isAbove(role, shown);

function noteAtStart({ resumeFrom }: UpdateUserRolesRequest, attempt: Attempt): Note {
  const { number, previousNote, scheduledAt, isReset } = attempt;
  const previous = (number === 1 ? resumeFrom : previousNote) as Note | 'unknown' | undefined;
  if (number === 1 && previous === undefined && !isReset) return { attempt: number };
  const isKnown = typeof previous === 'object' && (number === 1 || previous.attempt === number - 1);
  return { attempt: number, lastUnclearWriteAt: isKnown ? previous.lastUnclearWriteAt : scheduledAt };
}
