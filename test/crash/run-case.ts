import { Client, Connection } from '@temporalio/client';
import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { onboardingId, type Outcome } from '../../src/contract/onboarding.js';
import type { Running } from '../support/starter.js';
import { isPlaceStep, routes, type Case, type Step } from './cases.js';
import type { Ending } from './document.js';
import type { Stage } from './stage.js';

/** Runs one case: brings it to its moment, kills, starts the same processes again, and checks the result. */
export async function runCase(stage: Stage, { step, moment, victim }: Case): Promise<Ending> {
  const { portal } = stage;
  const taskQueue = `crash-${randomUUID()}`;
  const email = `${randomUUID()}@example.com`;
  const down = step === 'update role, down';
  const starter = (...args: string[]): Running => stage.starter(taskQueue, [...args, '--json']);
  const person = ['--first-name', 'Jane', '--last-name', 'Roe', '--email', email, '--role'];
  const [group, room] = [`Teachers ${taskQueue}`, `Library ${taskQueue}`];
  const places = isPlaceStep(step) ? ['--group', group, '--room', `${room}: Read`] : [];
  const onboard = (role: string): string[] => ['onboard', ...person, role, ...places];
  const wanted = down ? 'User' : 'RoomAdmin';
  const command = down || moment.command === 'change' ? ['role', email, wanted] : onboard('Manager');

  if (isPlaceStep(step)) await Promise.all([portal.createGroup(group), portal.createRoom(room)]);
  await portal.faults();
  let worker = await stage.startWorker(taskQueue);
  await portal.reached(routes.get, 'answered'); // the worker has checked its key, with the same call as the step get
  if (command[0] === 'role') await exits(0, starter(...onboard(down ? 'Manager' : 'User')));
  if (moment.command === 'retry') {
    await portal.faults(parks(step));
    await exits(5, starter(...command));
  }

  const stopped = moment.stop(stage, step);
  const during = { detached: [...command, '--detach'], retry: ['retry', email], change: command, none: command };
  const begin = (): Running => starter(...during[moment.command ?? 'none']);
  const waits = moment.isState ? undefined : begin();
  await Promise.race([
    stopped,
    waits?.finished.then(({ stderr }) => Promise.reject(new Error(`the process ended:\n${stderr}`))),
  ]);

  const killed = performance.now();
  if (victim.includes('worker')) await worker.kill('SIGKILL');
  if (victim.includes('server')) await stage.killServer();
  if (victim === 'starter') await waits?.kill('SIGKILL');
  stage.workerRelay.release();
  stage.starterRelay.release();
  // The portal commits what had arrived only after a look-up has found nothing.
  const late = step === 'create' && victim.includes('worker') && moment.name.includes('nothing has changed');
  if (!late) await portal.release();
  if (victim.includes('server')) await stage.startServer();
  if (victim.includes('worker')) worker = await stage.startWorker(taskQueue);
  if (late) {
    await portal.reached('GET /people/email', 'answered');
    await portal.release();
  }

  const answer = victim === 'starter' ? undefined : await exits(0, waits ?? begin());
  const outcome = answer && moment.command !== 'detached' ? answer : await exits(0, starter(...command));
  const milliseconds = performance.now() - killed;
  expect((await worker.kill('SIGTERM')).code).toBe(0);

  expect(outcome).toMatchObject({ state: 'onboarded', role: wanted, created: true, attention: null });
  const [account, ...others] = await portal.withEmail(email);
  expect([account?.type, account?.id, others]).toEqual([wanted, outcome.userId, []]);
  expect(account?.mails).toBe(1);
  const creates = (await portal.ledger()).filter(({ route, about }) => route === routes.create && about === email);
  expect(creates.filter(({ phase }) => phase === 'committed')).toHaveLength(1);
  if (isPlaceStep(step)) {
    expect(outcome).toMatchObject({
      groups: [{ name: group, state: 'joined' }],
      rooms: [{ title: room, shown: 'Read' }],
    });
  }
  // With short runs, an onboarding has continued as new before a role change can arrive.
  await expectOpen(stage, email, moment.onShortRuns ? (down ? 2 : 1) : 0);
  return { milliseconds };
}

/** The portal refuses, so the onboarding needs attention. A create is repeated three times before its refusal is believed. */
function parks(step: Step): Parameters<Stage['portal']['faults']>[0] {
  const error = { message: 'Access denied', type: 'ASC.Common.Security.Authorizing.AuthorizingException' };
  const body = JSON.stringify({ error, status: 1, statusCode: 403 });
  const headers = { 'content-type': 'application/json' };
  return {
    route: routes[step],
    times: step === 'create' ? 4 : 1,
    does: { kind: 'answer', status: 403, headers, body },
  };
}

async function exits(code: number, running: Running): Promise<Outcome> {
  const { code: exited, stdout, stderr } = await running.finished;
  expect([exited, stderr]).toEqual([code, expect.not.stringContaining('error')]);
  return JSON.parse(stdout) as Outcome;
}

/** The run is open for role changes, no workflow task failed, and no step is stuck. */
async function expectOpen({ address }: Stage, email: string, continued: number): Promise<void> {
  const connection = await Connection.connect({ address });
  try {
    const { workflow } = new Client({ connection });
    let runs = 0;
    for (let runId: string | undefined; runs === 0 || runId; runs++) {
      const { events } = await workflow.getHandle(onboardingId(email), runId).fetchHistory();
      expect(events?.filter(({ workflowTaskFailedEventAttributes: failed }) => failed)).toEqual([]);
      runId = events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId || undefined;
    }
    expect(runs - 1).toBeGreaterThanOrEqual(continued);
    const { status, raw } = await workflow.getHandle(onboardingId(email)).describe();
    expect([status.name, raw.pendingActivities]).toEqual(['RUNNING', []]);
  } finally {
    await connection.close();
  }
}
