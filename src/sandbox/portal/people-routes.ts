import { Hono, type Context } from 'hono';
import { changeType } from './change-type.js';
import { createAccount } from './create.js';
import type { DemotionJobs } from './demotion-jobs.js';
import { isFree, typeOf, type Employee } from './employee.js';
import { success } from './envelope.js';
import type { Env, Portal } from './env.js';
import { accessDenied, ApiError, invalidOperation, userNotFound } from './errors.js';
import { Lists } from './list.js';
import { readEmail, readRouteStatus, readRouteType, readUserIds } from './requests.js';
import { assertAdministrator, assertMayManage, maySee } from './rights.js';
import { requireSeat } from './seats.js';
import { show } from './show.js';
import { updateMember } from './update-member.js';

/** `/people`, with the real portal's behaviour and quirks (docspace-api.md §1 to §3). */
export function peopleRoutes(portal: Portal, jobs: DemotionJobs): Hono<Env> {
  const { people } = portal;
  const lists = new Lists(portal);
  const routes = new Hono<Env>();

  const answerPage = (context: Context<Env>, query = {}): Response => {
    const { page, total } = lists.page(context, query);
    const shown = page.map((employee) => show(context, employee));
    return success(context, shown, { total });
  };

  routes.post('/people', async (context) => answer(context, await createAccount(context, { invites: true })));
  routes.post('/people/active', async (context) => answer(context, await createAccount(context, { invites: false })));

  routes.get('/people', (context) => answerPage(context, { employeeStatus: 'active' }));
  routes.get('/people/filter', (context) => answerPage(context));

  routes.get('/people/@self', (context) => success(context, show(context, context.var.caller, { isSelf: true })));

  routes.get('/people/exists', (context) => {
    const status = people.withEmail(readEmail(context))?.status;
    return success(context, { exists: status !== undefined, ...(status !== undefined && { status }) });
  });

  routes.get('/people/email', async (context) => {
    const email = readEmail(context);
    await jobs.advance(people.withEmail(email)?.id);
    return answer(context, visible(context, people.withEmail(email)));
  });

  routes.get('/people/:id', async (context) => {
    const word = context.req.param('id');
    await jobs.advance(people.byNameOrId(word)?.id);
    return answer(context, visible(context, people.read(word)));
  });

  /** One after another: changes before a refused one remain. */
  routes.put('/people/type/:type', async (context) => {
    const to = readRouteType(context.req.param('type'));
    const changed: object[] = [];
    for (const id of await readUserIds(context)) {
      changed.push(show(context, await changeType(context, id, to)));
    }
    return success(context, changed, { count: 1 });
  });

  routes.put('/people/status/:status', async (context) => {
    const status = readRouteStatus(context.req.param('status'));
    if (status === undefined) throw new ApiError(400, 'Incorrect status');
    const { caller, call } = context.var;
    const targets = (await readUserIds(context)).map((id) => {
      const target = people.byId(id);
      assertMayManage(caller, target);
      if (target.id === caller.id) throw accessDenied();
      return target;
    });
    const changed = targets.map((target) => {
      if (status === 1 && target.status === 2 && !isFree(typeOf(target))) requireSeat(portal);
      call.commit(() => people.update(target.id, { status }));
      return show(context, { ...target, status });
    });
    return success(context, changed);
  });

  routes.put('/people/delete', async (context) => {
    assertAdministrator(context.var.caller);
    const targets = (await readUserIds(context, 'inDto?.UserIds')).flatMap((id) => people.byId(id) ?? []);
    if (targets.some(({ status }) => status !== 2)) throw invalidOperation('Users are not suspended');
    const removed = targets.map((target) => remove(context, target));
    return success(context, removed);
  });

  routes.put('/people/:id', async (context) => answer(context, await updateMember(context)));

  routes.delete('/people/:id', (context) => {
    const target = people.byNameOrId(context.req.param('id'));
    if (!target) throw userNotFound();
    assertMayManage(context.var.caller, target);
    if (target.status !== 2) throw invalidOperation('The user is not suspended');
    return success(context, remove(context, target));
  });

  function remove(context: Context<Env>, target: Employee): object {
    context.var.call.commit(() => people.update(target.id, { isRemoved: true }));
    return show(context, { ...target, isRemoved: true });
  }

  return routes;
}

function answer(context: Context<Env>, employee: Employee): Response {
  return success(context, show(context, employee));
}

function visible({ var: { caller } }: Context<Env>, employee: Employee | undefined): Employee {
  if (!employee) throw userNotFound();
  if (!maySee(caller, employee)) throw accessDenied();
  return employee;
}
