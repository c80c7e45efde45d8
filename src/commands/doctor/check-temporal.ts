import { CodecMismatch } from '../../client/codec-check.js';
import { firstOnboardings } from '../../client/list-onboardings.js';
import type { Session } from '../../client/session.js';
import { findSlowdown } from '../../client/retried-failures.js';
import { MissingKey } from '../../codec/payload-codec.js';
import { Exit, exitCodes } from '../../program/exit.js';
import { portalIn } from '../../temporal/identity.js';
import { recentPollers } from '../../temporal/pollers.js';
import { countOf } from '../../utils/format-count.js';
import type { ServerContext } from '../command.js';
import { withSession } from '../with-session.js';
import type { Finding } from './finding.js';

export async function checkTemporal(flags: ServerContext): Promise<Finding[]> {
  try {
    return await withSession({ flags, needsWorker: false }, async (session) => {
      const { address, local } = session;
      if (local?.owned) {
        const message = `no server is set, so each command starts its own with a worker (tried at ${address})`;
        return [{ check: 'temporal', ok: true, message }];
      }
      const answers: Finding = { check: 'temporal', ok: true, message: `the server answers at ${address}` };
      return [
        ...(await checkCodecKeys(session)),
        answers,
        await checkWorkers(session),
        ...(await checkLimits(session)),
      ];
    });
  } catch (error) {
    if (!(error instanceof Exit) || error.code === exitCodes.interrupted) throw error;
    const check = error instanceof CodecMismatch ? 'codec' : 'temporal';
    const fix = error.hint ?? 'start the Temporal server';
    return [{ check, ok: false, message: error.problems.join('; '), fix }];
  }
}

/** An onboarding whose encryption key this command lacks cannot be listed. */
async function checkCodecKeys(session: Session): Promise<Finding[]> {
  try {
    await firstOnboardings(session, 100);
    return [];
  } catch (error) {
    if (!(error instanceof MissingKey)) throw error;
    const message = `an open onboarding cannot be read: ${error.message}`;
    return [{ check: 'codec', ok: false, message, fix: 'add the key again, here and at the workers' }];
  }
}

/** The identity of a worker names its portal. */
async function checkWorkers(session: Session): Promise<Finding> {
  const { taskQueue, portal } = session;
  const workers = await recentPollers(session.client.connection, session);
  if (workers.length === 0) {
    const message = `no worker polls the task queue ${taskQueue}`;
    return { check: 'workers', ok: false, message, fix: 'start one with `npm run worker`' };
  }
  const portals = new Set(workers.flatMap(({ identity }) => portalIn(identity) ?? []));
  const serves = portals.size === 0 ? '' : ` for ${[...portals].join(' and ')}`;
  const message = `${countOf(workers.length, 'worker')} on the task queue ${taskQueue}${serves}`;
  if (portals.size === 0 || (portals.size === 1 && portals.has(portal))) return { check: 'workers', ok: true, message };
  const fix = `API_HOST is ${portal} here: set the same portal here and at all workers, or use a TASK_QUEUE for each portal`;
  return { check: 'workers', ok: false, message, fix };
}

async function checkLimits(session: Session): Promise<Finding[]> {
  const slowdown = await findSlowdown(session);
  if (slowdown === undefined) return [];
  const fix =
    'the workers continue by themselves; PORTAL_CALLS_PER_MINUTE and PORTAL_PARALLEL_WRITES keep them below a known limit';
  return [{ check: 'limits', ok: true, message: `the workers are slow: ${slowdown}`, fix }];
}
