import type { Context } from 'hono';
import { groupsOf, isFree, typeOf, type Employee, type EmployeeType, type Group } from './employee.js';
import type { Env } from './env.js';
import { lostUser } from './lost-user.js';
import { assertMayChangeType } from './rights.js';
import { requireSeat } from './seats.js';

/**
 * Changes one person for `PUT /people/type/{type}`. The server decides by the type that it shows, so after an unclear
 * write it can leave a row that it does not know about. For example, if it shows a User as RoomAdmin and makes them a
 * DocSpaceAdmin, they stay in both groups.
 */
export async function changeType(
  { var: { caller, call, portal } }: Context<Env>,
  id: string,
  to: EmployeeType,
): Promise<Employee> {
  const { people, locks } = portal;
  const target = people.byId(id) ?? lostUser;
  assertMayChangeType(caller, target, to);
  if (target === lostUser) return target;
  const from = typeOf(target);
  if (isFree(from) && !isFree(to)) requireSeat(portal);
  const { email } = target;

  const remove: readonly Group[] = from === 'DocSpaceAdmin' ? ['Admin'] : ['User', 'Guest'];
  const add = groupsOf(to);
  if (from !== 'RoomAdmin') {
    const change = { remove, add: isFree(to) ? add : [] };
    // The first transaction locks the person's rows until it ends.
    await locks.run(target.id, () => call.execute('commit', email, () => people.changeGroups(target.id, change)));
    people.clearGroupCache();
  }
  if (to === 'DocSpaceAdmin') {
    await call.execute('second-group', email, () => people.changeGroups(target.id, { add }));
    people.clearGroupCache();
  }
  return { ...target, groups: [...target.groups.filter((group) => !remove.includes(group)), ...add] };
}
