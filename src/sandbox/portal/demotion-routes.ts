import { Hono } from 'hono';
import { isOver, type DemotionJobs, type Job } from './demotion-jobs.js';
import { typeOf } from './employee.js';
import type { Env, Portal } from './env.js';
import { success } from './envelope.js';
import { ApiError } from './errors.js';
import { readBody } from './requests.js';
import { assertAdministrator, assertMayAdd, isAdministrator } from './rights.js';

/** `POST /people/type` lowers a type with a job (docspace-api.md §3.4). */
export function demotionRoutes({ people }: Portal, jobs: DemotionJobs): Hono<Env> {
  const routes = new Hono<Env>();

  routes.post('/people/type', async (context) => {
    const { type: to, userId, reassignUserId } = await readBody(context, 'demotion');
    const { caller, call } = context.var;
    // A RoomAdmin may start a job, which then fails.
    assertMayAdd(caller, to);
    const target = people.byId(userId ?? '');
    const heir = reassignUserId === undefined ? caller : people.byId(reassignUserId);
    const isNobody = !target || target.status === 2 || heir?.status === 2;
    if (isNobody || target.id === heir?.id || target.id === caller.id) throw new ApiError(400, 'Can not update type');
    if (to !== 'User' && to !== 'Guest') throw new ApiError(400, `Can not update to ${to}`);
    if (isAdministrator(target) && typeOf(caller) !== 'Owner') throw new ApiError(400, 'Can not update type for admin');
    if (!heir || !['Owner', 'DocSpaceAdmin', 'RoomAdmin'].includes(typeOf(heir))) {
      throw new ApiError(400, `Can not reassign to user - ${reassignUserId}`);
    }
    call.deferCommit();
    return success(context, shown(jobs.start({ call, target: target.id, to, caller: caller.id })));
  });

  /** A RoomAdmin may not read the progress, not even of a job that they started. */
  routes.get('/people/type/progress/:id', async (context) => {
    assertAdministrator(context.var.caller);
    const job = await jobs.advance(context.req.param('id').toLowerCase());
    return success(context, job && shown(job));
  });

  routes.put('/people/type/terminate', async (context) => {
    const { userId } = await readBody(context, 'demotion');
    assertAdministrator(context.var.caller);
    const job = jobs.cancel(userId);
    return success(context, job && shown(job));
  });

  return routes;
}

function shown(job: Job): object {
  return {
    id: `1_${job.target}_UpdateUserTypeProgressItem`,
    error: job.error,
    percentage: job.percentage,
    isCompleted: isOver(job),
    status: job.status,
  };
}
