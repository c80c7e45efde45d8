import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { freePort } from '../../src/local/ports.js';
import { TestPortal } from '../support/portal.js';
import { runStarter, spawnProgram, type Running } from '../support/starter.js';
import { TcpRelay } from '../support/tcp-relay.js';

let portal: TestPortal;

beforeAll(async () => {
  portal = await TestPortal.start();
});

afterAll(() => portal.close());

async function settings(): Promise<Record<'HEALTH_ADDRESS' | 'METRICS_ADDRESS', string> & Record<string, string>> {
  return {
    API_HOST: portal.url,
    API_KEY: portal.keys.docSpaceAdmin,
    TEMPORAL_ADDRESS: inject('temporalAddress'),
    TASK_QUEUE: `health-${randomUUID()}`,
    HEALTH_ADDRESS: `127.0.0.1:${await freePort(0)}`,
    METRICS_ADDRESS: `127.0.0.1:${await freePort(0)}`,
  };
}

async function workerWith(env: Record<string, string>): Promise<Running> {
  const worker = spawnProgram('worker', [], { env });
  await worker.prints(/worker ready/);
  return worker;
}

async function asked(address: string, path: string): Promise<[number, unknown]> {
  const answer = await fetch(`http://${address}${path}`);
  return [answer.status, await answer.json()];
}

/** Resolves once the worker answers about its readiness with this status and exactly these problems. */
async function untilReadiness(address: string, status: number, problems: unknown[]): Promise<void> {
  await expect.poll(() => asked(address, '/readyz')).toEqual([status, { ok: status === 200, problems }]);
}

describe('a worker', () => {
  it('is alive and ready while it polls and the portal accepts its key', async () => {
    const env = await settings();
    const worker = await workerWith(env);
    expect(await asked(env.HEALTH_ADDRESS, '/healthz')).toEqual([200, { ok: true, problems: [] }]);
    await untilReadiness(env.HEALTH_ADDRESS, 200, []);
    expect((await fetch(`http://${env.HEALTH_ADDRESS}/else`)).status).toBe(404);
    expect((await worker.kill('SIGTERM')).code).toBe(0);
  });

  it.each<[string, () => string, string]>([
    ['the portal refuses its key', () => 'sk-canary', 'the portal refuses the API key'],
    ['its key can create nobody', () => portal.keys.user, 'it can create nobody'],
  ])('is not ready if %s, and logs it when it has started', async (_, key, problem) => {
    const env = { ...(await settings()), API_KEY: key() };
    const worker = await workerWith(env);
    await worker.prints(new RegExp(`"level":40.*${problem}`));
    await untilReadiness(env.HEALTH_ADDRESS, 503, [expect.stringContaining(problem)]);
    expect(await asked(env.HEALTH_ADDRESS, '/healthz')).toMatchObject([200, {}]);
    const { stderr } = await worker.kill('SIGTERM');
    expect(stderr).not.toContain(key());
  });

  it('is not ready if the Temporal server no longer answers', async () => {
    const relay = await TcpRelay.start(Number(inject('temporalAddress').split(':')[1]));
    const env = { ...(await settings()), TEMPORAL_ADDRESS: relay.address };
    const worker = await workerWith(env);
    await untilReadiness(env.HEALTH_ADDRESS, 200, []);
    relay.cut();
    await untilReadiness(env.HEALTH_ADDRESS, 503, ['the Temporal server does not answer']);
    await worker.kill('SIGKILL');
    relay.close();
  });

  it.each(['HEALTH_ADDRESS', 'METRICS_ADDRESS'])(
    'with a %s that is none, or taken, is exit 2 and one line',
    async (name) => {
      const other = createServer().listen(0, '127.0.0.1');
      await once(other, 'listening');
      const taken = `127.0.0.1:${(other.address() as AddressInfo).port}`;
      for (const value of ['8081', taken]) {
        const { code, stderr } = await spawnProgram('worker', [], { env: { ...(await settings()), [name]: value } })
          .finished;
        expect([code, stderr]).toEqual([2, expect.stringMatching(new RegExp(`^error: ${name} `))]);
      }
      other.close();
    },
  );
});

describe('metrics', () => {
  it('have Temporal’s own names and ours, and logs name workflow and attempt', async () => {
    const env = await settings();
    await portal.faults(); // so the next line sees only calls of this worker
    const worker = await workerWith(env);
    await portal.reached('GET /people/{id}', 'answered'); // by the check of the key
    await portal.faults({
      route: 'GET /people/{id}',
      when: 'before',
      times: 1,
      does: { kind: 'answer', status: 500, headers: {}, body: '' },
    });
    const names = ['--first-name', 'Jane', '--last-name', 'Roe'];
    const person = (role: string): string[] => [...names, '--email', `${randomUUID()}@example.com`, '--role', role];
    expect((await runStarter(['onboard', ...person('RoomAdmin')], { env })).code).toBe(0);
    expect((await runStarter(['onboard', ...person('DocSpaceAdmin')], { env })).code).toBe(5);

    const text = await (await fetch(`http://${env.METRICS_ADDRESS}/metrics`)).text();
    const lines = text.split('\n');
    for (const pattern of [
      /^temporal_workflow_task_execution_latency_seconds_bucket\{/,
      /^temporal_activity_execution_failed_total\{.*activity_type="getUser"/,
      /^temporal_worker_task_slots_available\{/,
      /^docspace_portal_calls_total\{.*answer="500".*route="GET \/people\/\{id\}"/,
      /^docspace_portal_calls_total\{.*answer="200".*route="POST \/people"/,
      /^docspace_onboardings_total\{.*state="onboarded".*\} 1$/,
      /^docspace_onboardings_needing_attention_total\{.*reason="permission".*\} 1$/,
      /^docspace_onboarding_confirmed_seconds_count\{.*\} 1$/,
    ]) {
      expect({ pattern, shown: lines.some((line) => pattern.test(line)) }).toEqual({ pattern, shown: true });
    }
    expect(text).not.toContain('@example.com');

    const { stderr } = await worker.kill('SIGTERM');
    const logged = stderr
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(logged).toContainEqual(
      expect.objectContaining({ workflowId: expect.stringMatching(/^onboard:/), attempt: 1, activityType: 'getUser' }),
    );
  });
});
