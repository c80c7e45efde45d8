import { Hono } from 'hono';
import { accessDenied, success, Thrown } from './envelope.js';
import type { Call } from '../faults/call.js';
import type { Env, Portal } from './env.js';
import { translated } from './language.js';
import { groupsOf, typeOf, type Employee, type EmployeeType } from './employee.js';
import { readBody } from './requests.js';
import { isAdministrator, mayStartDemotion } from './rights.js';

/** `POST /people/type` and its job (docspace-api.md §3.4): its rights are checked inside, and a failure shows in its progress alone. */

const created = 0;
const running = 1;
const completed = 2;
const failed = 4;

interface Job {
  call: Call;
  target: string;
  to: EmployeeType;
  caller: string;
  status: number;
  percentage: number;
  error: string;
  /** What a fault does to it. */
  fails: string | undefined;
  stays: boolean;
}

const refusal = "You don't have enough permission to perform the operation";

/** No clock moves a job: whoever asks for it or for its person does, the first time to running and the second to its end. */
export class Demotions {
  private readonly jobs = new Map<string, Job>();

  constructor(private readonly portal: Portal) {}

  start(job: Pick<Job, 'call' | 'target' | 'to' | 'caller'>): Job {
    const current = this.jobs.get(job.target);
    if (current && !isOver(current)) return current;
    const fails = job.call.takeIn('job-fails')?.error;
    const stays = job.call.takeIn('job-stays') !== undefined;
    const started: Job = { ...job, status: created, percentage: 0, error: '', fails, stays };
    if (stays) void this.portal.later.hold().then(() => (started.stays = false));
    this.jobs.set(job.target, started);
    return started;
  }

  advance(target: string | undefined): Job | undefined {
    const job = this.jobs.get(target ?? '');
    if (job?.status === created) Object.assign(job, { status: running, percentage: 5 });
    else if (job?.status === running && !job.stays) this.finish(job);
    return job;
  }

  private finish(job: Job): void {
    const { people } = this.portal;
    const [target, caller] = [people.byId(job.target), people.byId(job.caller)];
    const error = job.fails ?? (target && caller && isAdministrator(caller) ? undefined : refusal);
    if (target && error === undefined) {
      this.demote(job, target);
      Object.assign(job, { status: completed, percentage: 100 });
    } else {
      Object.assign(job, { status: failed, error });
    }
  }

  private demote({ call, to }: Job, target: Employee): void {
    if ((to === 'User' || to === 'Guest') && typeOf(target) !== to) {
      call.commit(() => this.portal.people.commit({ ...target, groups: groupsOf(to) }));
    }
  }
}

export function demotionApi({ people, settings }: Portal, demotions: Demotions): Hono<Env> {
  const api = new Hono<Env>();

  const shown = (job: Job): object => ({
    id: `1-${job.target}`,
    error: translated(job.error, settings.language),
    percentage: job.percentage,
    isCompleted: isOver(job),
    status: job.status,
  });

  api.post('/people/type', async (context) => {
    const { type: to, userId, reassignUserId } = readBody('demotion', await context.req.text());
    const { caller } = context.var;
    if (!mayStartDemotion(caller, to)) throw accessDenied();
    const target = people.byId(userId ?? '');
    const heir = reassignUserId === undefined ? caller : people.byId(reassignUserId);
    const isNobody = !target || target.status === 2 || heir?.status === 2;
    if (isNobody || target.id === heir?.id || target.id === caller.id) throw new Thrown(400, 'Can not update type');
    if (to === 'RoomAdmin' || to === 'DocSpaceAdmin') throw new Thrown(400, `Can not update to ${to}`);
    if (isAdministrator(target) && typeOf(caller) !== 'Owner') throw new Thrown(400, 'Can not update type for admin');
    if (!heir || !['Owner', 'DocSpaceAdmin', 'RoomAdmin'].includes(typeOf(heir))) {
      throw new Thrown(400, `Can not reassign to user - ${reassignUserId}`);
    }
    const { call } = context.env;
    call.deferCommit();
    return success(context, shown(demotions.start({ call, target: target.id, to, caller: caller.id })));
  });

  /** Not for a RoomAdmin, not even of a job of their own. */
  api.get('/people/type/progress/:id', (context) => {
    if (!isAdministrator(context.var.caller)) throw accessDenied();
    const job = demotions.advance(context.req.param('id').toLowerCase());
    return success(context, job && shown(job));
  });

  return api;
}

function isOver({ status }: Job): boolean {
  return status === completed || status === failed;
}
