import type { Context } from 'hono';
import { setTimeout as delay } from 'node:timers/promises';
import { groupsOf, isFree, newEmployee, type Employee, type EmployeeType } from './employee.js';
import type { Env } from './env.js';
import { accessDenied, alreadyRegistered, ApiError, invalidOperation } from './errors.js';
import { checkColumns, checkNewMember, toColumn } from './member-checks.js';
import { readBody } from './requests.js';
import { assertMayCreate } from './rights.js';
import { requireSeat } from './seats.js';

/**
 * `POST /people` sends a mail, falls back to a User if no seat is free, and refuses a Guest. `POST /people/active` does
 * none of this (docspace-api.md §1.1, §1.3).
 */
export async function createAccount(context: Context<Env>, { invites }: { invites: boolean }): Promise<Employee> {
  const { caller, call, portal } = context.var;
  const { people, departments, mails, settings } = portal;
  const member = await readBody(context, 'newMember');
  assertMayCreate(caller, member.type);
  if (member.type === 'Guest' && invites) throw accessDenied();
  const person = checkNewMember(member);
  if (people.withEmail(person.email)) throw alreadyRegistered();

  const notes = settings.keepsNotes ? person.notes : '';
  const row: Employee = {
    ...newEmployee({ ...checkColumns(person), notes: toColumn(notes) }),
    userName: people.freeUserName(person.email),
    cultureName: member.cultureName,
    createdBy: caller.id,
  };
  const type = await insertAccount(context, { row, type: member.type, fallsBack: invites });
  const wrongType = call.takePortalFault('wrong-type');

  // Password, mail, group: three more statements without a transaction.
  await call.execute('password', row.email, () => people.update(row.id, { hasPassword: true }));
  if (invites) {
    await call.execute('mail', row.email, () => undefined);
    call.commit(() => mails.send('activation', row.email));
  }
  const groups = groupsOf(wrongType?.type ?? type);
  if (groups.length > 0) {
    if (settings.roleMoment > 0) await delay(settings.roleMoment);
    await call.execute('group', row.email, () => people.changeGroups(row.id, { add: groups }));
  }
  people.clearGroupCache();
  for (const id of member.department ?? []) departments.join(id, row.id);

  const race = call.takePortalFault('lost-race');
  if (race) throw loserOf(race.answer);
  const lag = call.takePortalFault('lag');
  if (lag) people.hideFromReads(row.id, lag.reads);
  // The answer still has what the database cannot store: characters beyond the BMP and fractions of a second.
  const registrationDate = new Date().toISOString().replace('Z', '0000Z');
  return { ...row, notes, registrationDate, groups: wrongType?.shows === 'asked' ? groupsOf(type) : groups };
}

/**
 * The portal has one lock for Users and Guests and another for everybody else, so two creates of different classes can
 * both add the same e-mail (docspace-api.md §10). Within a class, the loser of a race finds that the user name or the
 * e-mail is taken.
 *
 * @returns the type that the account will have
 */
async function insertAccount(
  { var: { call, portal } }: Context<Env>,
  { row, type, fallsBack }: { row: Employee; type: EmployeeType; fallsBack: boolean },
): Promise<EmployeeType> {
  const { people, locks } = portal;
  const insertAs = (as: EmployeeType): Promise<EmployeeType> =>
    locks.run(isFree(as) ? 'users' : 'paid users', async () => {
      if (people.withUserName(row.userName)) throw new ApiError(400, 'Duplicate UserName');
      if (people.withEmail(row.email)) throw new ApiError(400, 'Duplicate Email');
      if (!isFree(as)) requireSeat(portal);
      await call.execute('account', row.email, () => people.insert(row));
      return as;
    });
  try {
    return await insertAs(type);
  } catch (error) {
    if (!fallsBack || !(error instanceof ApiError) || error.status !== 402) throw error;
    return insertAs('User');
  }
}

/** The portal's four answers to the losing create. */
function loserOf(answer: string): ApiError {
  if (answer === 'already registered') return alreadyRegistered();
  return answer === 'User already exist.' ? invalidOperation(answer) : new ApiError(400, answer);
}
