import { Hono, type Context } from 'hono';
import { collationKey } from './collation.js';
import type { Department } from './departments.js';
import { isFree, typeOf } from './employee.js';
import { emptyResponse, success } from './envelope.js';
import type { Env, Portal } from './env.js';
import { accessDenied, ApiError, notFound } from './errors.js';
import { readBody } from './requests.js';
import { assertAdministrator } from './rights.js';
import { show } from './show.js';

const noId = '00000000-0000-0000-0000-000000000000';

/** `/group`: the portal says groups, the sandbox departments (docspace-api.md §7). */
export function groupRoutes({ people, departments, ...portal }: Portal): Hono<Env> {
  const routes = new Hono<Env>();

  const summary = ({ id, name, managerId, memberIds }: Department, context: Context<Env>): object => {
    const manager = people.byId(managerId ?? '');
    return {
      name,
      parent: noId,
      category: noId,
      id,
      isLDAP: false,
      ...(manager && { manager: show(context, { people, departments, ...portal }, manager) }),
      membersCount: memberIds.length,
    };
  };
  const answer = (context: Context<Env>, department: Department): Response => {
    const members = department.memberIds.flatMap((id) => people.byId(id) ?? []);
    return success(context, {
      ...summary(department, context),
      members: members.map((member) => show(context, { people, departments, ...portal }, member)),
    });
  };
  const read = (context: Context<Env>): Department => {
    if (isFree(typeOf(context.var.caller))) throw accessDenied();
    return find(context.req.param('id') ?? '');
  };
  const readToChange = (context: Context<Env>): Department => {
    assertAdministrator(context.var.caller);
    return find(context.req.param('id') ?? '');
  };
  const find = (id: string): Department => {
    const department = departments.get(id);
    if (!department) throw notFound('group');
    return department;
  };
  /** The portal skips unknown and disabled people, and Guests. */
  const eligible = (ids: readonly string[] = []): string[] =>
    ids.flatMap((id) => {
      const person = people.byId(id);
      return person && person.status !== 2 && typeOf(person) !== 'Guest' ? [person.id] : [];
    });

  routes.post('/group', async (context) => {
    const { groupName, groupManager, members = [] } = await readBody(context, 'newGroup');
    assertAdministrator(context.var.caller);
    if (members.some((id) => !people.byId(id))) throw new ApiError(400, 'The user could not be found');
    const [managerId] = eligible(groupManager === undefined ? [] : [groupManager]);
    const memberIds = eligible(managerId === undefined ? members : [managerId, ...members]);
    return answer(context, departments.create({ name: groupName, managerId, memberIds }));
  });

  routes.get('/group', (context) => {
    if (isFree(typeOf(context.var.caller))) throw accessDenied();
    const { filterValue = '' } = context.req.query();
    const found = departments.all().filter(({ name }) => collationKey(name).includes(collationKey(filterValue.trim())));
    return success(
      context,
      found.map((department) => summary(department, context)),
      { total: found.length },
    );
  });

  routes.get('/group/user/:id', (context) =>
    success(
      context,
      departments.of(context.req.param('id').toLowerCase()).map(({ id, name }) => ({ id, name })),
    ),
  );

  routes.get('/group/:id', (context) => answer(context, read(context)));

  routes.put('/group/:id', async (context) => {
    const { groupName, groupManager, membersToAdd, membersToRemove = [] } = await readBody(context, 'groupUpdate');
    const department = readToChange(context);
    if (groupManager !== undefined && !people.byId(groupManager)) throw notFound('user');
    const [managerId = department.managerId] = eligible(groupManager === undefined ? [] : [groupManager]);
    const kept = department.memberIds.filter((id) => !membersToRemove.includes(id));
    const memberIds = [...kept, ...eligible(membersToAdd)];
    return answer(
      context,
      departments.save({ ...department, name: groupName ?? department.name, managerId, memberIds }),
    );
  });

  routes.put('/group/:id/members', async (context) => {
    const { members } = await readBody(context, 'members');
    const department = readToChange(context);
    return answer(
      context,
      departments.save({ ...department, memberIds: [...department.memberIds, ...eligible(members)] }),
    );
  });

  routes.post('/group/:id/members', async (context) => {
    const { members } = await readBody(context, 'members');
    const department = readToChange(context);
    const memberIds = eligible(members);
    if (memberIds.length === 0) throw new ApiError(400, 'Members');
    return answer(context, departments.save({ ...department, memberIds }));
  });

  routes.delete('/group/:id/members', async (context) => {
    const { members = [] } = await readBody(context, 'members');
    const department = readToChange(context);
    const memberIds = department.memberIds.filter((id) => !members.includes(id));
    return answer(context, departments.save({ ...department, memberIds }));
  });

  routes.put('/group/:id/members/:to', (context) => {
    const from = readToChange(context);
    const to = find(context.req.param('to'));
    departments.save({ ...from, memberIds: [] });
    return answer(context, departments.save({ ...to, memberIds: [...to.memberIds, ...from.memberIds] }));
  });

  routes.delete('/group/:id', (context) => {
    departments.delete(readToChange(context).id);
    return emptyResponse(context, 204);
  });

  return routes;
}
