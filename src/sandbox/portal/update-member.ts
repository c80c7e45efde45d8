import type { Context } from 'hono';
import { groupsOf, isFree, typeOf, wholeSeconds, type Employee, type Group } from './employee.js';
import type { Env, Portal } from './env.js';
import { userNotFound } from './errors.js';
import { checkColumns, checkNames } from './member-checks.js';
import { readBody, type Bodies } from './requests.js';
import { assertMayManage } from './rights.js';
import { requireSeat } from './seats.js';

type Change = Bodies['updateMember'];

/** `PUT /people/{id}` accepts anything, applies almost nothing, and answers with the profile as it is (docspace-api.md §3.1). */
export async function updateMember(context: Context<Env>): Promise<Employee> {
  const { caller, call, portal } = context.var;
  const { people } = portal;
  const change = await readBody(context, 'updateMember');
  const target = people.byNameOrId(context.req.param('id') ?? '');
  if (!target) throw userNotFound();
  if (target.id === caller.id) {
    const own = changeOfOneself(target, change, portal);
    call.commit(() => people.update(target.id, own));
    return { ...target, ...own };
  }
  assertMayManage(caller, target);

  const { id } = target;
  const groups = groupsAfter(target, change, portal);
  if (isFree(typeOf(target)) && !isFree(typeOf({ ...target, groups }))) requireSeat(portal);
  const status = typeof change.disable === 'boolean' ? statusAfter(change.disable) : {};
  if (typeof change.disable === 'boolean') call.commit(() => people.update(id, status));
  if (groups !== target.groups) {
    call.commit(() => people.changeGroups(id, { remove: target.groups, add: groups }));
    people.clearGroupCache();
  }
  return { ...target, ...status, groups };
}

function changeOfOneself(
  self: Employee,
  change: Change,
  { settings }: Portal,
): Pick<Employee, 'firstName' | 'lastName' | 'notes'> {
  const { firstName = self.firstName, lastName = self.lastName, comment = self.notes } = change;
  checkNames(firstName, lastName);
  return checkColumns({ firstName, lastName, notes: settings.keepsNotes ? comment : '' });
}

function statusAfter(isDisabled: boolean): Pick<Employee, 'status' | 'terminatedDate'> {
  return isDisabled
    ? { status: 2, terminatedDate: wholeSeconds(new Date()) }
    : { status: 1, terminatedDate: undefined };
}

function groupsAfter(target: Employee, { isUser, role }: Change, { options }: Portal): readonly Group[] {
  if (options.documentedRole && typeof role === 'string') return documentedGroups(role);
  // `isUser` means the Guest group, whatever its name suggests (docspace-api.md §3.1).
  if (typeof isUser !== 'boolean' || typeOf(target) === 'DocSpaceAdmin') return target.groups;
  const others = target.groups.filter((group) => group !== 'Guest');
  return isUser ? [...others, 'Guest'] : others;
}

/** The documentation page calls a room admin "Manager". */
function documentedGroups(role: string): Group[] {
  const name = role.toLowerCase();
  if (name === 'docspaceadmin') return groupsOf('DocSpaceAdmin');
  if (name === 'user') return groupsOf('User');
  return name === 'guest' ? groupsOf('Guest') : [];
}
