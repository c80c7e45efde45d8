import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { failureTypes, status, untilSettled, type OnboardingState } from '../../../src/contract/onboarding.js';
import { forEachBasicStep } from '../../../src/contract/steps.js';
import { readInput } from '../../../src/workflows/onboarding/input.js';
import type { TestPortal } from '../../support/portal.js';
import { setupPortalAndWorker } from '../../support/scene.js';
import { TestTemporal } from '../../support/temporal.js';

/** Anybody can start a run by hand, with anything. A run reads it as the starter would, or fails with a sentence. */

const valid = {
  email: 'jane.roe@example.com',
  firstName: 'Jane',
  lastName: 'Roe',
  role: 'User',
  portal: 'https://portal.example.com',
};

const problemsOf = (given: unknown): string[] => readInput(given as never).problems;

const state: OnboardingState = {
  startedAt: 1_700_000_000_000,
  state: 'running',
  userId: null,
  role: null,
  created: false,
  mail: 'none',
  attention: null,
  steps: forEachBasicStep(() => ({ state: 'waiting' })),
  notes: {},
  requestedRole: 'User',
  isRolePending: true,
  roleBeingApplied: '',
  hasRoleChange: false,
  superseded: [],
  roleChanges: [],
};

describe('a hand-made input', () => {
  it.each([
    ['the origin with a trailing slash', { portal: 'https://portal.example.com/' }, { portal: valid.portal }],
    ['the origin in upper case', { portal: ' HTTPS://Portal.Example.COM ' }, { portal: valid.portal }],
    ['the origin with its default port', { portal: 'https://portal.example.com:443' }, { portal: valid.portal }],
    ['an international host name', { portal: 'https://bücher.example' }, { portal: 'https://xn--bcher-kva.example' }],
    ['an e-mail in upper case', { email: ' Jane.Roe@EXAMPLE.com ' }, { email: valid.email }],
    ['a decomposed e-mail', { email: 'zoe\u0308@example.com' }, { email: 'zo\u00EB@example.com' }],
    ['a decomposed domain', { email: 'z@bu\u0308cher.example' }, { email: 'z@xn--bcher-kva.example' }],
    ['a decomposed name', { firstName: 'Zoe\u0308' }, { firstName: 'Zo\u00EB' }],
    ['members that are null', { mail: null, roleWindow: null }, { mail: true, roleWindow: 7 * 86_400_000 }],
    ['an unknown member', { group: 'x' }, { email: valid.email }],
  ])('with %s is the same person at the same portal', (_, given, expected) => {
    const { input, problems } = readInput({ ...valid, ...given } as never);
    expect({ problems, input }).toEqual({ problems: [], input: expect.objectContaining(expected) });
  });

  it.each([
    ['email is not a text', { email: 7 }],
    ['is not an e-mail address', { email: 'jane' }],
    ['firstName is not a text', { firstName: ['Jane'] }],
    ['the first name is missing', { firstName: ' ' }],
    ['is not a role', { role: 'Boss' }],
    ['role is not a text', { role: {} }],
    ['portal is not an origin', { portal: 'portal.example.com' }],
    ['portal is not an origin', { portal: 'https://portal.example.com/rooms' }],
    ['portal is not an origin', { portal: 'ftp://portal.example.com' }],
    ['portal is longer', { portal: `https://${'x'.repeat(1_000_000)}` }],
    ['mail is neither true nor false', { mail: 'no' }],
    ['mail is neither true nor false', { mail: 0 }],
    ['allowDemotion is neither', { allowDemotion: 'yes' }],
    ['lookUpBeforeCreate is neither', { lookUpBeforeCreate: 'no' }],
    ['roleOnly is neither', { roleOnly: 1 }],
    ['existing is neither fail nor adopt', { existing: 'skip' }],
    ['roleWindow is not a duration', { roleWindow: 'soon' }],
    ['giveUpAfter leaves no time', { giveUpAfter: 0 }],
    ['chunk is not a workflow id', { chunk: '' }],
    ['chunk is not a workflow id', { chunk: 'x'.repeat(1_001) }],
    ['chunk is not a workflow id', { chunk: '\uD800' }],
  ])('is refused: %s', (problem, given) => {
    expect(problemsOf({ ...valid, ...given })).toContainEqual(expect.stringContaining(problem));
  });

  it('is refused with all its problems at once', () => {
    expect(problemsOf({ email: 'x', portal: '', role: 'Boss', mail: 'no' })).toHaveLength(5);
  });
});

describe('a hand-made continued', () => {
  it('is accepted if it is what a run passes to the next one', () => {
    expect(readInput({ ...valid, continued: state })).toMatchObject({ problems: [], input: { continued: state } });
  });

  it.each([
    { create: 'unknown' },
    { create: { attempt: 2, posts: 1, lastPostAt: 'this attempt', portalTimeAtStart: 1 } },
    { updateRole: { attempt: 1, unclear: { at: 1, role: 'User' }, reset: 'needed', failedJobs: 0 } },
    { updateRole: { attempt: 1, unclear: null, failedJobs: 0 } },
  ])('may have the notes %j', (notes) => {
    expect(problemsOf({ ...valid, continued: { ...state, notes } })).toEqual([]);
  });

  it('may lack a step that its version did not know', () => {
    const { get: _, ...steps } = state.steps;
    expect(problemsOf({ ...valid, continued: { ...state, steps } })).toEqual([]);
  });

  it.each<[string, unknown]>([
    ['continued is not the state', 'onboarded'],
    ['continued is not the state', null],
    ['continued.startedAt', {}],
    ['continued.startedAt', { ...state, startedAt: 'today' }],
    ['continued.state', { ...state, state: 'done' }],
    ['continued.userId', { ...state, userId: 7 }],
    ['continued.role', { ...state, role: 'Boss' }],
    ['continued.created', { ...state, created: 'yes' }],
    ['continued.steps', { ...state, steps: [] }],
    ['continued.steps', { ...state, steps: { ...state.steps, get: { state: 'later' } } }],
    ['continued.notes', { ...state, notes: [] }],
    ['continued.notes', { ...state, notes: { create: { attempt: 1, posts: 'none', lastPostAt: null } } }],
    ['continued.chunks', { ...state, chunks: [''] }],
    ['continued.attention', { ...state, attention: { reason: 'no idea' } }],
    ['continued.pendingAttention', { ...state, pendingAttention: { step: 'create' } }],
    ['continued.requestedRole', { ...state, requestedRole: 'Boss' }],
    ['continued.roleChanges', { ...state, roleChanges: [7] }],
    ['continued.superseded', { ...state, superseded: 'User' }],
    ['continued.roleWindowEndsAt', { ...state, roleWindowEndsAt: 'tomorrow' }],
  ])('is refused: %s', (problem, continued) => {
    expect(problemsOf({ ...valid, continued })).toEqual([expect.stringContaining(problem)]);
  });
});

describe('a run that is started by hand', () => {
  let portal: TestPortal;
  let temporal: TestTemporal;
  const person = setupPortalAndWorker('hand', (made) => ({ portal, temporal } = made));

  const start = (...args: unknown[]) =>
    temporal.client.workflow.start('onboardUser', {
      workflowId: `hand:${crypto.randomUUID()}`,
      taskQueue: temporal.taskQueue,
      args,
    });

  it.each([
    ['nothing at all', []],
    ['a text', ['hello']],
    ['every member wrong', [{ email: 'x', firstName: '007', role: 'Boss', roleWindow: 'soon', continued: 7 }]],
  ])('with %s fails at once with every problem', async (_, args) => {
    const handle = await start(...args);
    const failure = await failureOf(handle.result());
    expect(failure.type).toBe(failureTypes.onboardingFailed);
    expect(failure.message).toContain('e-mail');
    expect(failure.message).toContain('portal is missing');
    expect(failure.details).toMatchObject([{ state: 'failed' }]);
  });

  it('with bytes that cannot be read fails at once', async () => {
    const workflowId = `unreadable:${temporal.taskQueue}`;
    await temporal.client.workflowService.startWorkflowExecution({
      namespace: 'default',
      requestId: workflowId,
      workflowId,
      workflowType: { name: 'onboardUser' },
      taskQueue: { name: temporal.taskQueue },
      input: { payloads: [{ metadata: { encoding: Buffer.from('json/protobuf') }, data: Buffer.from('{}') }] },
    });
    const failure = await failureOf(temporal.client.workflow.getHandle(workflowId).result());
    expect(failure.message).toContain('portal is missing');
  });

  it('as docs/web-ui.md shows has the same states as any other', async () => {
    const { email, firstName, lastName, role } = person();
    const handle = await start({ email, firstName, lastName, role, portal: `${portal.url.toUpperCase()}/` });
    await portal.reached('GET /people/email', 'answered');
    expect(await handle.query(status)).toMatchObject({ state: 'running', portal: portal.url, steps: { create: { state: 'running' } } }); // prettier-ignore
    await handle.cancel();
    await handle.result().catch(() => undefined);
  });

  it('creates at once if nobody has tried before', async () => {
    const handle = await start(person({ lookUpBeforeCreate: false }));
    expect(await handle.executeUpdate(untilSettled)).toMatchObject({ state: 'onboarded', created: true });
    await handle.terminate();
  });
});

async function failureOf(result: Promise<unknown>): Promise<ApplicationFailure> {
  const error: unknown = await result.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(WorkflowFailedError);
  const { cause } = error as WorkflowFailedError;
  expect(cause).toBeInstanceOf(ApplicationFailure);
  return cause as ApplicationFailure;
}
