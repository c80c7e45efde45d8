import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import type { Fault } from '../../src/sandbox/faults.js';
import { TestPortal } from '../support/portal.js';
import { spawnProgram, type Running } from '../support/starter.js';

/** The worker is killed in the middle of each of the three steps, before and after the portal has committed it. */

let portal: TestPortal;

beforeAll(async () => {
  portal = await TestPortal.start();
});

afterAll(() => portal.close());

const moments: [string, string, Fault['when']][] = [
  ['create, before the portal commits it', 'POST /people', 'before'],
  ['create, after the portal has committed it', 'POST /people', 'after'],
  ['get', 'GET /people/{id}', 'after'],
  ['updateRole, before the portal commits it', 'PUT /people/type/{type}', 'before'],
  ['updateRole, after the portal has committed it', 'PUT /people/type/{type}', 'after'],
];

it.each(moments)(
  'kill -9 of the worker in the middle of %s: one account, the right role, exit 0',
  async (_, route, when) => {
    const env = {
      API_HOST: portal.url,
      API_KEY: portal.keys.owner,
      TEMPORAL_ADDRESS: inject('temporalAddress'),
      TASK_QUEUE: `crash-${randomUUID()}`,
    };
    const email = `${randomUUID()}@example.com`;
    const person = ['--first-name', 'Jane', '--last-name', 'Roe', '--email', email, '--role', 'Manager'];
    await portal.faults({ route, when, times: 1, does: { kind: 'hold' } });

    const first = await worker(env);
    const starter = spawnProgram('starter', ['onboard', ...person, '--json'], { env });
    await portal.reached(route, when === 'before' ? 'received' : 'committed');
    await first.kill('SIGKILL');
    await portal.release();
    const second = await worker(env);

    const { code, stdout, stderr } = await starter.finished;
    expect(stderr).not.toContain('error');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ state: 'onboarded', role: 'RoomAdmin', created: true });
    expect(await portal.withEmail(email)).toMatchObject([{ type: 'RoomAdmin' }]);
    expect((await second.kill('SIGTERM')).code).toBe(0);
  },
);

async function worker(env: Record<string, string>): Promise<Running> {
  const running = spawnProgram('worker', [], { env });
  await running.says(/worker ready/);
  return running;
}
