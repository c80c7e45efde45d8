import { randomUUID } from 'node:crypto';
import { Hono, type Context, type MiddlewareHandler } from 'hono';
import { collationKey } from './collation.js';
import { emptyResponse, success } from './envelope.js';
import type { Env, Portal } from './env.js';
import { ApiError, nullReference, userNotFound } from './errors.js';
import { Groups, type GroupRow } from './groups.js';
import { toColumn } from './member-checks.js';
import { readPage } from './pages.js';
import { readBody } from './requests.js';
import { assertAdministrator, assertMayAdd } from './rights.js';
import { departmentsOf, show } from './show.js';

const noId = '00000000-0000-0000-0000-000000000000';
const guid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** `/group`: the portal says groups, the sandbox departments (docspace-api.md §11). */
export function groupRoutes(portal: Portal): Hono<Env> {
  const { people, departments, rooms } = portal;
  const groups = new Groups(portal);
  const routes = new Hono<Env>();

  const summary = (context: Context<Env>, group: GroupRow, memberIds = groups.memberIds(group)): object => {
    const manager = people.byId(group.managerId ?? '');
    return {
      name: group.name,
      parent: noId,
      category: noId,
      id: group.id,
      isLDAP: false,
      ...(group.isSystem && { isSystem: true }),
      ...(manager && { manager: show(context, manager) }),
      membersCount: groups.shown(memberIds).length,
    };
  };
  const answer = (context: Context<Env>, group: GroupRow, memberIds = groups.memberIds(group)): Response =>
    success(context, {
      ...summary(context, group, memberIds),
      members: groups.shown(memberIds).map((member) => show(context, member)),
    });
  const readToChange = (context: Context<Env>, parameter = 'id'): GroupRow => {
    assertAdministrator(context.var.caller);
    return groups.find(context.req.param(parameter) ?? '');
  };
  routes.use('/group/:id/*', onlyGuids);

  routes.post('/group', async (context) => {
    const { groupName, groupManager, members = [] } = await readBody(context, 'newGroup');
    const { caller, call } = context.var;
    assertAdministrator(caller);
    if (groupName.trim() === '') throw new ApiError(400, 'The group name is empty');
    const everybody = groupManager === undefined ? members : [groupManager, ...members];
    if (groups.eligible(everybody).length < everybody.length) throw new ApiError(400, 'The user could not be found');
    const group = { id: randomUUID(), name: groupName };
    call.commit(() => departments.insert({ ...group, name: toColumn(groupName) }));
    const memberIds = await groups.write(context, group, { add: everybody });
    const managerId = await groups.setManager(context, group, groupManager);
    return answer(context, { ...group, managerId }, memberIds);
  });

  routes.get('/group', (context) => {
    assertMayAdd(context.var.caller, 'User');
    const { filterValue = '', userId, manager, ...query } = context.req.query();
    if (toColumn(filterValue) !== filterValue)
      throw new ApiError(500, 'Illegal mix of collations', 'MySqlConnector.MySqlException');
    const key = collationKey(filterValue.trim());
    const found = departments.all().filter(({ id, name, managerId }) => {
      if (userId !== undefined && manager === 'true' && managerId !== userId.toLowerCase()) return false;
      if (userId !== undefined && !departments.hasMember(id, userId.toLowerCase())) return false;
      return collationKey(name).includes(key);
    });
    const { size, start } = readPage(query);
    const page = found.slice(start, start + size).map((group) => summary(context, group));
    return success(context, page, { total: found.length });
  });

  routes.get('/group/user/:id', (context) => {
    assertMayAdd(context.var.caller, 'User');
    return success(context, departmentsOf(portal, context.req.param('id').toLowerCase()));
  });

  routes.get('/group/:id', (context) => {
    assertMayAdd(context.var.caller, 'User');
    const group = groups.find(context.req.param('id'));
    if (context.req.query('includeMembers') === 'false') return success(context, summary(context, group));
    return answer(context, group);
  });

  routes.put('/group/:id', async (context) => {
    const { groupName, groupManager, membersToAdd, membersToRemove } = await readBody(context, 'groupUpdate');
    const group = readToChange(context);
    if (groupManager !== undefined && !people.byId(groupManager)) throw userNotFound();
    const name = toColumn(groupName ?? group.name);
    if (name !== group.name) context.var.call.commit(() => departments.update(group.id, { name }));
    const managerId = await groups.setManager(context, group, groupManager);
    const memberIds = await groups.write(context, group, { add: membersToAdd, remove: membersToRemove });
    const isManaged = managerId !== undefined && memberIds.has(managerId);
    return answer(context, { ...group, name, managerId: isManaged ? managerId : undefined }, memberIds);
  });

  routes.put('/group/:id/manager', async (context) => {
    const { userId = '' } = await readBody(context, 'groupManager');
    const group = readToChange(context);
    if (!people.byId(userId)) throw userNotFound();
    const managerId = await groups.setManager(context, group, userId);
    return answer(context, { ...group, managerId });
  });

  routes.put('/group/:id/members', async (context) => {
    const add = await readMembers(context);
    const group = readToChange(context);
    return answer(context, group, await groups.write(context, group, { add }));
  });

  /** Removes everybody, and then adds. */
  routes.post('/group/:id/members', async (context) => {
    const add = await readMembers(context);
    const group = readToChange(context);
    if (groups.eligible(add).length === 0) throw new ApiError(400, 'Members');
    await groups.write(context, group, { remove: [...groups.memberIds(group)] });
    return answer(context, groups.find(group.id), await groups.write(context, group, { add }));
  });

  routes.delete('/group/:id/members', async (context) => {
    const remove = await readMembers(context);
    const group = readToChange(context);
    const memberIds = await groups.write(context, group, { remove });
    return answer(context, groups.find(group.id), memberIds);
  });

  /** Moving a group onto itself empties it. */
  routes.put('/group/:id/members/:to', async (context) => {
    const from = readToChange(context);
    const to = readToChange(context, 'to');
    const moved = [...groups.memberIds(from)];
    await groups.write(context, to, { add: moved });
    await groups.write(context, from, { remove: moved });
    return answer(context, groups.find(to.id));
  });

  routes.delete('/group/:id', (context) => {
    const { id } = readToChange(context);
    context.var.call.commit(() => {
      departments.update(id, { isRemoved: true });
      for (const room of rooms.all()) rooms.share({ roomId: room.id, subjectId: id, access: 0 });
    });
    return emptyResponse(context, 204);
  });

  return routes;
}

/** A word that is not an id matches none of the portal's routes. */
const onlyGuids: MiddlewareHandler<Env> = async (context, next) => {
  const id = context.req.param('id') ?? '';
  return guid.test(id) || id === 'user' ? next() : emptyResponse(context, 404);
};

async function readMembers(context: Context<Env>): Promise<string[]> {
  const { members } = await readBody(context, 'members');
  assertAdministrator(context.var.caller);
  if (!members) throw nullReference();
  return members;
}
