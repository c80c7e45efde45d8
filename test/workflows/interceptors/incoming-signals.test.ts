import { Client } from '@temporalio/client';
import { defaultPayloadConverter, type PayloadCodec } from '@temporalio/common';
import { NativeConnection, Worker } from '@temporalio/worker';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createActivities } from '../../../src/activities/index.js';
import { outcomeOf } from '../../../src/client/outcomes.js';
import { dropSupersededSignals } from '../../../src/workflows/interceptors/incoming-signals.js';
import { changeRole, type OnboardingInput } from '../../../src/contract/onboarding.js';
import type { onboardUser } from '../../../src/workflows/onboarding/onboard-user.js';
import { TestPortal } from '../../support/portal.js';
import { TestTemporal, workflowBundle } from '../../support/temporal.js';

type Job = Parameters<typeof dropSupersededSignals>[0][number];

const signal = (signalName: string, value?: unknown): Job => ({
  signalWorkflow: { signalName, input: [defaultPayloadConverter.toPayload(value) ?? {}], identity: 'ann' },
});
const change = (value: unknown): Job => signal('changeRole', value);
const times = (count: number, job: (index: number) => Job): Job[] => Array.from({ length: count }, (_, i) => job(i));

const timer: Job = { fireTimer: { seq: 1 } };
const valid = change('RoomAdmin');
const withReason = change({ role: 'User', reason: 'a slip' });
const invalid = times(50, (index) => change(`nobody ${index}`));
const changes = times(120, (index) => change(index % 2 ? 'User' : 'Guest'));
const retries = times(120, () => signal('retry'));
const others = times(120, (index) => signal('somethingElse', index));
const empty: Job = { signalWorkflow: { signalName: 'changeRole', input: [] } };

describe('of the signals in one activation', () => {
  it.each<[string, Job[], Job[]]>([
    ['none is dropped if there are none', [], []],
    ['fifty of one name are all kept', invalid, invalid],
    ['the last fifty changes are kept', changes, changes.slice(-50)],
    ['the last fifty retries are kept', retries, retries.slice(-50)],
    ['a valid change before fifty invalid ones is kept', [valid, ...invalid], [valid, ...invalid]],
    ['only the last of several such changes is kept', [valid, withReason, ...invalid], [withReason, ...invalid]],
    [
      'no such change is kept if a later one is valid',
      [valid, ...invalid.slice(1), withReason],
      [...invalid.slice(1), withReason],
    ],
    [
      'an invalid change before fifty others is dropped',
      [change('nobody'), empty, change(7), change(null), ...invalid],
      invalid,
    ],
    [
      'changes and retries are counted separately',
      [...retries.slice(-50), ...changes.slice(-50)],
      [...retries.slice(-50), ...changes.slice(-50)],
    ],
    ['other signals are all kept', others, others],
    [
      'other jobs are kept, and all keep their order',
      [others[0]!, ...changes, timer, ...retries, others[1]!],
      [others[0]!, ...changes.slice(-50), timer, ...retries.slice(-50), others[1]!],
    ],
  ])('%s', (_, jobs, handled) => {
    const kept = dropSupersededSignals(jobs);
    expect(kept.length).toBe(handled.length);
    expect(kept.every((job, index) => job === handled[index])).toBe(true);
  });
});

describe('encoded payloads', () => {
  /** Inverts each byte, so nothing reads a payload by accident. */
  const codec: PayloadCodec = {
    encode: async (payloads) =>
      payloads.map(({ metadata, data }) => ({
        metadata: {
          ...metadata,
          plain: metadata?.['encoding'] ?? new Uint8Array(),
          encoding: Buffer.from('binary/turned'),
        },
        data: (data ?? new Uint8Array()).map((byte) => byte ^ 0xff),
      })),
    decode: async (payloads) =>
      payloads.map(({ metadata, data }) => ({
        metadata: { ...metadata, encoding: metadata?.['plain'] ?? new Uint8Array() },
        data: (data ?? new Uint8Array()).map((byte) => byte ^ 0xff),
      })),
  };
  let portal: TestPortal;
  let temporal: TestTemporal;

  beforeAll(async () => {
    portal = await TestPortal.start();
    temporal = await TestTemporal.start(undefined);
  });

  afterAll(async () => {
    await temporal.stop();
    await portal.close();
  });

  it('are decoded first, so the change that decides is found', async () => {
    const dataConverter = { payloadCodecs: [codec] };
    const client = new Client({ connection: temporal.client.connection, dataConverter });
    const taskQueue = randomUUID();
    const input: OnboardingInput = {
      email: `${taskQueue}@example.com`,
      firstName: 'Jane',
      lastName: 'Roe',
      role: 'User',
      portal: portal.url,
      lookUpBeforeCreate: false,
    };
    const handle = await client.workflow.start<typeof onboardUser>('onboardUser', {
      workflowId: taskQueue,
      taskQueue,
      args: [input],
    });
    await handle.signal(changeRole, 'RoomAdmin');
    for (let sent = 0; sent < 60; sent++) await handle.signal(changeRole, 'nobody');

    const connection = await NativeConnection.connect({ address: inject('temporalAddress') });
    const activities = createActivities({ portal: portal.as(), settleWindow: 1_000 });
    const worker = await Worker.create({ connection, taskQueue, workflowBundle, activities, dataConverter });
    await worker.runUntil(async () => {
      expect(await outcomeOf(handle)).toMatchObject({ state: 'onboarded', role: 'RoomAdmin' });
    });
    // Otherwise tests that list open onboardings on this server find it.
    await handle.terminate();
    await connection.close();
  });
});
