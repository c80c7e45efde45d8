import { Hono, type Context } from 'hono';
import { DatabaseError } from '../faults/call.js';
import { createAccount } from './create.js';
import { demotionApi, DemotionJobs } from './demotion-jobs.js';
import {
  accessDenied,
  apiError,
  ApiError,
  emptyResponse,
  success,
  userNotFound,
  validationError,
  ValidationError,
} from './envelope.js';
import { isFree, typeOf, type Employee } from './employee.js';
import { update, type Env, type Portal } from './env.js';
import { Lists } from './list.js';
import { lostProfile, lostUser } from './lost-user.js';
import { profileOf } from './profile.js';
import { readEmail, readRouteType, readUserIds } from './requests.js';
import { isAdministrator, mayManage, maySee } from './rights.js';
import { requireSeat } from './seats.js';
import { changeType } from './change-type.js';
import { updateMember } from './update-member.js';

const statuses = new Map<string, 1 | 2>([
  ['active', 1],
  ['1', 1],
  ['terminated', 2],
  ['2', 2],
]);

/** The People API of a portal, with the real one's behaviour and quirks (docspace-api.md §9). */
export function peopleApi(portal: Portal): Hono<Env> {
  const { people, settings } = portal;
  const jobs = new DemotionJobs(portal);
  const lists = new Lists(people);
  const api = new Hono<Env>();

  api.onError((error, context) => {
    if (error instanceof ValidationError) return validationError(context, error);
    if (error instanceof ApiError) return apiError(error, settings.language);
    if (error instanceof DatabaseError)
      return apiError(new ApiError(500, error.message, 'MySqlConnector.MySqlException'), 'en');
    throw error;
  });

  api.use(async (context, next) => {
    const caller = people.holderOf(context.req.header('authorization'));
    if (!caller) return emptyResponse(401);
    context.set('caller', caller);
    return next();
  });

  const show = ({ var: { caller } }: Context<Env>, employee: Employee): Record<string, unknown> =>
    profileOf(employee, isAdministrator(caller) ? people.byId(employee.createdBy ?? '') : undefined);

  api.post('/people', async (context) =>
    success(context, show(context, await createAccount(context, portal, { invites: true }))),
  );
  api.post('/people/active', async (context) =>
    success(context, show(context, await createAccount(context, portal, { invites: false }))),
  );

  api.get('/people/@self', (context) => success(context, show(context, context.var.caller)));

  api.get('/people/email', async (context) => {
    const email = readEmail(context.req.query('email'));
    await jobs.advance(people.withEmail(email)?.id);
    return success(context, show(context, visible(context, people.withEmail(email))));
  });

  api.get('/people/filter', (context) => {
    const { page, total } = lists.page(context.var.caller, context.req.query());
    return success(
      context,
      page.map((employee) => show(context, employee)),
      { total },
    );
  });

  api.get('/people/:id', async (context) => {
    const word = context.req.param('id');
    await jobs.advance(people.byNameOrId(word)?.id);
    return success(context, show(context, visible(context, people.read(word))));
  });

  api.route('/', demotionApi(portal, jobs));

  api.put('/people/type/:type', async (context) => {
    const to = readRouteType(context.req.param('type'));
    const changed: Employee[] = [];
    // One after the other, and the earlier ones stay changed when a later one fails.
    for (const id of readUserIds(await context.req.text())) {
      changed.push(await changeType(context, portal, id, to));
    }
    return success(
      context,
      changed.map((employee) => (employee === lostUser ? lostProfile() : show(context, employee))),
      { count: 1 },
    );
  });

  api.put('/people/status/:status', async (context) => {
    const status = statuses.get(context.req.param('status').toLowerCase());
    if (status === undefined) throw new ApiError(400, 'Incorrect status');
    const { caller } = context.var;
    const targets = readUserIds(await context.req.text()).map((id) => {
      const target = people.byId(id);
      if (!target || target.id === caller.id || !mayManage(caller, target)) throw accessDenied();
      return target;
    });
    const changed = targets.map((target) => {
      if (status === 1 && target.status === 2 && !isFree(typeOf(target))) requireSeat(portal);
      update(context, portal, target.id, { status });
      return show(context, { ...target, status });
    });
    return success(context, changed);
  });

  api.put('/people/:id', async (context) => success(context, show(context, await updateMember(context, portal))));

  api.delete('/people/:id', (context) => {
    const target = people.byNameOrId(context.req.param('id'));
    if (!target) throw userNotFound();
    if (!isAdministrator(context.var.caller) || !mayManage(context.var.caller, target)) throw accessDenied();
    if (target.status !== 2) throw new ApiError(403, 'The user is not suspended', 'System.InvalidOperationException');
    update(context, portal, target.id, { isRemoved: true });
    return success(context, show(context, target));
  });

  api.notFound(() => emptyResponse(404));
  return api;
}

function visible(context: Context<Env>, employee: Employee | undefined): Employee {
  if (!employee) throw userNotFound();
  if (!maySee(context.var.caller, employee)) throw accessDenied();
  return employee;
}
