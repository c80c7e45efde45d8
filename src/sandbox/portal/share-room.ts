import type { Context } from 'hono';
import { groupsOf, newEmployee, typeOf, type Employee } from './employee.js';
import type { Env, Portal } from './env.js';
import { accessDenied, invalidOperation, nullReference } from './errors.js';
import { lostUser } from './lost-user.js';
import type { Bodies } from './requests.js';
import type { Room } from './room.js';
import { isPermitted } from './room-access.js';
import { assertMayRead, mayEditAccess } from './room-rights.js';
import { shareRow } from './room-view.js';
import { maySee } from './rights.js';

/** Somebody to give an access to, or to remove. `person` is missing for a group, and for an id that nobody has. */
interface Invitation {
  id: string;
  access: number;
  person: Employee | undefined;
  isByEmail: boolean;
}

const nobody = '00000000-0000-0000-0000-000000000000';

/**
 * `PUT /files/rooms/{id}/share` (docspace-api.md §11). Groups come first, then people, one transaction each: a refused
 * one leaves those before it. People whom the caller may not see are silently skipped. The caller needs the right to edit
 * access only if somebody is left, so a key without any right can get a 200.
 */
export async function shareRoom(
  context: Context<Env>,
  room: Room,
  { invitations, notify }: Bodies['roomInvitation'],
): Promise<object> {
  const { caller, portal } = context.var;
  if (!invitations || invitations.length === 0) return { error: 0 };
  if (room.isArchived) throw accessDenied();
  assertMayRead(portal, room, caller);
  const wanted = invitations.flatMap((each) => toInvitation(portal, caller, each));
  const isLeaving = wanted.every(({ id, access }) => id === caller.id && access === 0);
  if (!isLeaving && !mayEditAccess(portal, room, caller)) throw accessDenied();

  const isGroup = ({ id }: Invitation): boolean => portal.departments.get(id) !== undefined;
  const members = new Map<string, number>();
  for (const each of [...wanted.filter(isGroup), ...wanted.filter((invitation) => !isGroup(invitation))]) {
    if (await write(context, room, each, notify === true)) members.set(each.id, each.access);
    if (each.access === 0) members.delete(each.id);
  }
  return { members: [...members].map(([id, access]) => shareRow(context, room, id, access)), error: 0 };
}

function toInvitation(
  { people }: Portal,
  caller: Employee,
  given: NonNullable<Bodies['roomInvitation']['invitations']>[number],
): Invitation[] {
  if (!given) throw nullReference();
  const { id = nobody, email, access } = given;
  const person = email === undefined ? people.byId(id) : (people.withEmail(email) ?? invited(email, caller));
  const isByEmail = email !== undefined;
  if (!isByEmail && person && !maySee(caller, person)) return [];
  return [{ id: person?.id ?? id.toLowerCase(), access, person, isByEmail }];
}

function invited(email: string, { id }: Employee): Employee {
  const account = newEmployee({ firstName: '', lastName: '', email, notes: '' });
  return { ...account, groups: groupsOf('Guest'), status: 4, createdBy: id };
}

/** @returns whether the answer shows the row */
async function write(
  context: Context<Env>,
  room: Room,
  { id, access, person, isByEmail }: Invitation,
  notify: boolean,
): Promise<boolean> {
  const { call, caller, portal } = context.var;
  const { people, departments, rooms, mails, writers } = portal;
  const isGroup = departments.get(id) !== undefined;
  const subject = isGroup ? 'Group' : typeOf(isByEmail ? invited('', caller) : (person ?? lostUser));
  if (access !== 0 && !isPermitted(room.type, subject, access)) {
    throw invalidOperation('The role is not available for this user type');
  }
  // An invitation cannot remove anybody.
  if (isByEmail && access === 0) return false;
  if (person?.status === 2 && access !== 0 && !isByEmail) return false;
  if (people.wasRemoved(id)) return false;

  const isNew = person !== undefined && !people.byId(person.id);
  const isSame = (rooms.rowsOf(room.id).get(id) ?? 0) === access;
  await writers.run(`${room.id} ${id}`, async () => {
    if (isSame) return;
    await call.execute('share', person?.email ?? id, () => {
      if (isNew) people.insert({ ...person, userName: people.freeUserName(person.email) });
      rooms.share({ roomId: room.id, subjectId: id, access });
    });
  });
  const getsMail = isByEmail ? person?.activationStatus === 2 : notify && access !== 0;
  if (person && getsMail && !isSame) call.commit(() => mails.send('room', person.email));
  return !isByEmail;
}
