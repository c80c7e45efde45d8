import type { EnterRoomsRequest } from '../contract/steps.js';
import type { PlaceProblem, RoomPlace } from '../contract/places.js';
import { roomUseProblem } from '../docspace/find-places.js';
import { accessProblem, hasAccess, type ShownAccess } from '../domain/room-access.js';
import type { Attempt, WorkerContext } from './attempt/run-attempt.js';
import { forEachPlace } from './for-each-place.js';
import { readAccount } from './read-account.js';

/**
 * Gives the person the access to each room, and reads it back. A higher access is kept, unless somebody asked for
 * exactly this one; the owner's is always kept. The same access twice is harmless, so a lost answer is repeated.
 */
export async function enterRooms(
  { portal }: WorkerContext,
  { id, email, rooms }: EnterRoomsRequest,
  attempt: Attempt,
): Promise<{ rooms: RoomPlace[] }> {
  attempt.assertCircuitClosed();
  const { places, origin } = portal;
  const { signal, writeBounds } = attempt;
  const { role } = await readAccount(portal, { id, email }, signal);
  const shown = new Map<RoomPlace, ShownAccess | undefined>();
  const read = async (room: RoomPlace): Promise<ShownAccess | undefined> => {
    const access = await places.accessOf(room.id, { id, email }, signal);
    shown.set(room, access);
    return access;
  };

  const problems = await forEachPlace(rooms, origin, async (room): Promise<PlaceProblem | undefined> => {
    if (isReached(room, await read(room))) return undefined;
    const current = await places.room(room.id, signal);
    if (!current) return gone(room);
    const useProblem = roomUseProblem(current);
    if (useProblem !== undefined) {
      return { reason: 'permission', message: useProblem, hint: 'Change that in the portal, then retry.' };
    }
    const tableProblem = accessProblem(current.type, role, room.access);
    if (tableProblem !== undefined) return notApplied(tableProblem, 'Change the role or the access, then retry.');
    const { warning, error } = await places.share(room.id, [{ id, access: room.access }], writeBounds);
    if (isReached(room, await read(room))) return undefined;
    const reason = warning ?? (error === 0 ? 'it accepted the change' : `error ${error}`);
    return notApplied(
      `the portal does not show ${room.access} in the room "${room.title}" (${reason})`,
      'Check in the portal whether the account is active, then retry.',
    );
  });

  return {
    rooms: rooms.map((room) => {
      const access = shown.get(room);
      const problem = problems.get(room);
      const facts = { ...room, ...(access && { shown: access }) };
      if (problem) return { ...facts, state: 'failed', problem };
      return { ...facts, state: access === room.access ? 'entered' : 'kept-higher' };
    }),
  };
}

/** Whether the room shows the requested access, or a higher one that is kept. */
function isReached({ access, mayLower }: RoomPlace, shown: ShownAccess | undefined): boolean {
  return shown === access || (hasAccess(shown, access) && (shown === 'Owner' || !mayLower));
}

function gone({ title }: RoomPlace): PlaceProblem {
  const hint = 'Cancel this onboarding, or restore the room and retry.';
  return { reason: 'place-gone', message: `the room "${title}" is no longer at the portal`, hint };
}

function notApplied(message: string, hint: string): PlaceProblem {
  return { reason: 'room-not-applied', message, hint };
}
