import { setImmediate } from 'node:timers/promises';
import { DatabaseError, type Call } from '../faults/call.js';
import type { Portal } from './env.js';
import { groupsOf, typeOf, type Employee } from './employee.js';
import { contentCreator, roomManager } from './room-access.js';
import { isAdministrator } from './rights.js';

/**
 * The jobs of `POST /people/type` (docspace-api.md §3.4). A job checks the rights, and only its progress shows a
 * failure.
 */

const running = 1;
const completed = 2;
const canceled = 3;
const failed = 4;

export interface Job {
  call: Call;
  target: string;
  to: 'User' | 'Guest';
  caller: string;
  status: number;
  percentage: number;
  error: string;
  hasBeenSeen: boolean;
  /** From a fault. */
  failsWith: string | undefined;
  hangs: boolean;
}

const refusal = "You don't have enough permission to perform the operation";

/** Jobs do not depend on a clock: one ends when it, or its person, is read for the second time. */
export class DemotionJobs {
  private readonly jobs = new Map<string, Job>();

  constructor(private readonly portal: Portal) {}

  start(job: Pick<Job, 'call' | 'target' | 'to' | 'caller'>): Job {
    const current = this.jobs.get(job.target);
    if (current && !isOver(current)) return current;
    const failsWith = job.call.takePortalFault('job-fails')?.error;
    const hangs = job.call.takePortalFault('job-hangs') !== undefined;
    const started: Job = { ...job, status: running, percentage: 0, error: '', hasBeenSeen: false, failsWith, hangs };
    if (hangs) void this.portal.deferred.until().then(() => (started.hangs = false));
    this.jobs.set(job.target, started);
    return started;
  }

  cancel(target: string | undefined): Job | undefined {
    const job = this.jobs.get(target ?? '');
    return job && Object.assign(job, { status: canceled });
  }

  async advance(target: string | undefined): Promise<Job | undefined> {
    const job = this.jobs.get(target ?? '');
    if (!job || isOver(job)) return job;
    if (job.hasBeenSeen && !job.hangs) await this.finish(job);
    job.hasBeenSeen = true;
    job.percentage = isOver(job) ? job.percentage : 5;
    return job;
  }

  private async finish(job: Job): Promise<void> {
    const { people } = this.portal;
    const [target, caller] = [people.byId(job.target), people.byId(job.caller)];
    const error = job.failsWith ?? (caller && isAdministrator(caller) ? '' : refusal);
    if (!target || error !== '') {
      Object.assign(job, { status: failed, error });
      return;
    }
    // A held statement keeps the job running, but the reader does not wait for it.
    job.hangs = true;
    await Promise.race([this.demote(job, target), setImmediate()]);
  }

  private async demote(job: Job, target: Employee): Promise<void> {
    try {
      await this.writeGroups(job, target);
      Object.assign(job, { status: completed, percentage: 100 });
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error;
      Object.assign(job, { status: failed, error: error.message });
    }
  }

  /**
   * Writes nothing if the person already has the type. A Guest leaves every group, and a RoomManager becomes a
   * ContentCreator (docspace-api.md §11).
   */
  private async writeGroups({ call, to }: Job, target: Employee): Promise<void> {
    if (typeOf(target) === to) return;
    const { people, departments, rooms } = this.portal;
    const add = groupsOf(to);
    const remove = (['Admin', 'User', 'Guest'] as const).filter((group) => !add.includes(group));
    await call.execute('group', target.email, () => people.changeGroups(target.id, { remove, add }));
    people.clearGroupCache();
    const { id } = target;
    if (to === 'Guest') for (const department of departments.of(id)) departments.leave(department.id, id);
    for (const room of rooms.all()) {
      if (rooms.rowsOf(room.id).get(id) !== roomManager) continue;
      rooms.share({ roomId: room.id, subjectId: id, access: contentCreator });
    }
  }
}

export function isOver({ status }: Job): boolean {
  return status === completed || status === canceled || status === failed;
}
