import { Client, Connection } from '@temporalio/client';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { ifFound } from '../../src/client/find-runs.js';
import { signalRole } from '../../src/client/send-signal.js';
import { startDetached } from '../../src/client/start-onboarding.js';
import { registerSearchAttributes } from '../../src/temporal/register-search-attributes.js';
import { attributeKeys, onboardingStateKey } from '../../src/contract/search-attributes.js';
import { onboardingId } from '../../src/contract/onboarding.js';
import { TestPortal } from '../support/portal.js';
import { janeRoe, runStarter, spawnProgram } from '../support/starter.js';
import { WorkflowIds } from '../../src/codec/workflow-ids.js';
import type { Session } from '../../src/client/session.js';

/** Namespaces that somebody made without a thought of this program. */

let portal: TestPortal;
let connection: Connection;

beforeAll(async () => {
  portal = await TestPortal.start();
  connection = await Connection.connect({ address: inject('temporalAddress') });
});

afterAll(async () => {
  await connection.close();
  await portal.close();
});

async function bareNamespace(): Promise<string> {
  const namespace = `bare-${randomUUID()}`;
  const workflowExecutionRetentionPeriod = { seconds: 86_400 as never };
  await connection.workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod });
  // A server that has just made it does not know it for a moment.
  await expect.poll(() => askOf(namespace).catch(() => false)).not.toBe(false);
  return namespace;
}

function askOf(namespace: string): Promise<unknown> {
  return connection.workflowService.countWorkflowExecutions({ namespace });
}

async function attributesOf(namespace: string): Promise<string[]> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  return Object.keys(customAttributes ?? {}).toSorted();
}

const all = attributeKeys.map(({ name }) => name).toSorted();

function surroundings(namespace: string): Record<string, string> {
  return {
    API_HOST: portal.url,
    API_KEY: portal.keys.owner,
    TEMPORAL_ADDRESS: inject('temporalAddress'),
    TEMPORAL_NAMESPACE: namespace,
  };
}

const email = 'jane.roe@example.com';
const jane = janeRoe(email);

describe('search attributes that a namespace lacks', () => {
  it('are registered by the first start, which then carries them', async () => {
    const namespace = await bareNamespace();
    expect(await attributesOf(namespace)).toEqual([]);
    const env = surroundings(namespace);
    const run = new Client({ connection, namespace }).workflow.getHandle(onboardingId(email));
    const first = spawnProgram('starter', ['onboard', ...jane], { env });
    // A command without a worker gives up after ten seconds, so it does not wait for this one to start.
    await expect.poll(() => ifFound(run.describe())).toBeDefined();
    expect((await first.kill('SIGINT')).stderr).not.toContain('warning');
    expect(await attributesOf(namespace)).toEqual(all);
    const { runId } = await run.describe();
    const worker = spawnProgram('worker', [], { env });
    await worker.prints(/worker ready/);
    expect(await runStarter(['onboard', ...jane], { env })).toMatchObject({ code: 0 });
    const description = await run.describe();
    expect(description.runId).toBe(runId);
    expect(description.typedSearchAttributes.get(onboardingStateKey)).toBe('onboarded');
    await worker.kill('SIGTERM');
  });

  it('are registered by a worker before it is ready', async () => {
    const namespace = await bareNamespace();
    const worker = spawnProgram('worker', [], { env: surroundings(namespace) });
    await worker.prints(/worker ready/);
    expect(await attributesOf(namespace)).toEqual(all);
    expect((await worker.kill('SIGTERM')).stderr).not.toContain('lacks search attributes');
    expect((await runStarter(['status'], { env: surroundings(namespace) })).code).toBe(0);
  });

  it('are not registered twice', async () => {
    const namespace = await bareNamespace();
    const once = await Promise.all([
      registerSearchAttributes(connection, namespace),
      registerSearchAttributes(connection, namespace),
    ]);
    expect([...once, await registerSearchAttributes(connection, namespace)]).toEqual([undefined, undefined, undefined]);
  });

  it('cause one warning with the fix if they cannot be registered', async () => {
    const namespace = await bareNamespace();
    const refusal = Object.assign(new Error('no operator'), { code: 7, details: 'no operator', metadata: {} });
    const refused = Object.create(connection, {
      operatorService: { value: { addSearchAttributes: () => Promise.reject(refusal) } },
    }) as Connection;
    const client = new Client({ connection: refused, namespace });
    const notify = vi.fn<Session['notify']>();
    const session = {
      client,
      namespace,
      taskQueue: 'nobody',
      portal: portal.url,
      workflowIds: new WorkflowIds(undefined),
      notify,
    } as Partial<Session> as Session;
    await startDetached(session, { email, portal: portal.url });
    await signalRole(session, email, 'User');
    await signalRole(session, `other.${email}`, 'User');
    const warning = expect.stringMatching(/^warning: .*no operator.*operator search-attribute create/);
    expect(notify.mock.calls).toEqual([[warning]]);
    const { typedSearchAttributes } = await client.workflow.getHandle(onboardingId(email)).describe();
    expect(typedSearchAttributes.get(onboardingStateKey)).toBeUndefined();
  });
});
