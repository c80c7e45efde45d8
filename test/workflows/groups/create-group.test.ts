import { createSecretKey } from 'node:crypto';
import { expect, it } from 'vitest';
import { batchResults } from '../../../src/client/batches.js';
import { onboardingHandle } from '../../../src/client/outcomes.js';
import { idOfBatch, startBatch, type BatchHandle } from '../../../src/client/start-batch.js';
import { startAndSettle } from '../../../src/client/start-onboarding.js';
import { WorkflowIds } from '../../../src/codec/workflow-ids.js';
import { batchStatus, type BatchOutcome } from '../../../src/contract/batch.js';
import { retry, type Outcome } from '../../../src/contract/onboarding.js';
import { changePlaces, groupCreationId } from '../../../src/contract/places.js';
import type { Person } from '../../../src/people/person.js';
import { errorBody } from '../../docspace/answering-portal.js';
import type { TestPortal } from '../../support/portal.js';
import { setupPortalAndWorker } from '../../support/scene.js';
import { settledAt, TestTemporal } from '../../support/temporal.js';

/** A group that several runs need is created once, by one run. */

let portal: TestPortal;
let temporal: TestTemporal;
const person = setupPortalAndWorker('new-group', (made) => ({ portal, temporal } = made), { settleWindow: 1_000 });

const post = 'POST /group';
const createGroups = true;

const postsOf = async (name: string): Promise<number> =>
  (await portal.ledger({ route: post, phase: 'received', about: name })).length;

async function expectOnce(name: string, members: readonly (string | null)[]): Promise<void> {
  const groups = (await portal.as().places.groupsLike(name)).filter((group) => group.name === name);
  expect(groups).toHaveLength(1);
  for (const userId of members) {
    expect(await portal.as().places.groupsOf(userId ?? '')).toMatchObject([{ id: groups[0]?.id }]);
  }
}

const onboarded = async (groups: string[]): Promise<Outcome> =>
  (await temporal.settled(person({ groups, createGroups }))).outcome;

it('two onboardings that need the same new group with a long name at once create it once', async () => {
  const name = '組'.repeat(128);
  await portal.faults({ route: post, about: name, times: 1, does: { kind: 'hold' } });
  const first = onboarded([name]);
  await portal.reached(post, 'received');
  const second = onboarded([name]);
  await portal.release();
  const outcomes = await Promise.all([first, second]);
  for (const outcome of outcomes) {
    expect(outcome).toMatchObject({ state: 'onboarded', groups: [{ name, state: 'joined' }] });
  }
  expect(await postsOf(name)).toBe(1);
  await expectOnce(
    name,
    outcomes.map(({ userId }) => userId),
  );
});

it.each(['before', 'after'] as const)('a lost answer %s the commit still makes one group', async (when) => {
  const name = `Lost ${when}`;
  await portal.faults({ route: post, about: name, times: 1, when, does: { kind: 'reset' } });
  const { state, userId } = await onboarded([name]);
  expect(state).toBe('onboarded');
  await expectOnce(name, [userId]);
});

it('a run after a terminated one waits for what that one may have posted', async () => {
  await portal.faults({ route: post, about: 'Late', times: 1, does: { kind: 'late' } });
  const worker = await TestTemporal.start(portal.as()); // no test outlives its settle window
  const first = await worker.start(person({ groups: ['Late'], createGroups }));
  await portal.reached(post, 'received');
  const creation = worker.client.workflow.getHandle(groupCreationId(portal.url, 'Late'));
  await creation.terminate();
  const ended = await settledAt(first);
  expect(ended.steps.findPlaces?.lastFailure).toContain('the run that creates the group "Late" ended');
  await portal.faults();
  const second = worker.settled(person({ groups: ['Late'], createGroups }));
  await portal.reached('GET /group', 'answered', 2); // by findPlaces and createGroup
  await portal.release();
  const { outcome } = await second;
  expect(outcome.state).toBe('onboarded');
  await expectOnce('Late', [outcome.userId]);
  await worker.stop();
});

it('a key that may not create groups needs attention before any write, and retry continues', async () => {
  const refused = { kind: 'answer', status: 403, body: errorBody(403, 'Access denied') } as const;
  await portal.faults({ route: post, about: 'Weak', times: 1, does: refused });
  const input = person({ groups: ['Weak'], createGroups });
  const { handle, outcome } = await temporal.settled(input);
  expect(outcome).toMatchObject({
    state: 'needs-attention',
    attention: { reason: 'permission', message: 'the API key may not do this (POST /group)' },
    userId: null,
  });
  expect(await portal.withEmail(input.email)).toEqual([]);
  await handle.signal(retry);
  const { state, userId } = await settledAt(handle);
  expect(state).toBe('onboarded');
  await expectOnce('Weak', [userId]);
});

it('only names are created, and only if the input asks for it', async () => {
  const id = '00000000-0000-4000-8000-00000000dead';
  for (const [groups, given, message] of [
    [['Asked'], {}, 'the portal has no group named "Asked"; --create-groups creates it'],
    [[id], { createGroups }, `the portal has no group with the id ${id}`],
    [['Room admin'], { createGroups }, 'a group with this name defines a role; set the role instead'],
    [['Fun 🎉'], { createGroups }, 'the portal does not keep an emoji in the name of a group'],
  ] as const) {
    const { outcome } = await temporal.settled(person({ groups: [...groups], ...given }));
    expect(outcome).toMatchObject({ state: 'failed', steps: { findPlaces: { lastFailure: expect.anything() } } });
    expect(outcome.steps.findPlaces?.lastFailure).toContain(message);
  }
  const { handle } = await temporal.settled(person({ createGroups, groups: ['Signal'] }));
  await handle.signal(changePlaces, { join: ['Not created'] });
  const { groups = [] } = await settledAt(handle);
  expect(groups).toMatchObject([{ state: 'joined' }, { state: 'refused', problem: { message: expect.anything() } }]);
  expect(groups[1]?.problem?.message).toBe('the portal has no group named "Not created"');
  for (const name of ['Asked', 'Not created']) expect(await postsOf(name)).toBe(0);
});

it('the id of the creation hides the name if there is a codec', () => {
  const idFor = (ids: WorkflowIds, name: string): string => ids.groupCreationIdFor('https://p.example:8', name);
  const hashing = new WorkflowIds({ keys: new Map(), idKey: createSecretKey(Buffer.alloc(32, 1)) });
  expect(idFor(new WorkflowIds(undefined), '5A')).toBe('create-group:p.example:8:5a');
  expect(idFor(hashing, '5A')).toMatch(/^create-group:[\da-f]{32}$/);
  expect([idFor(hashing, '5A') === idFor(hashing, '5a'), idFor(hashing, '5A') === idFor(hashing, '5b')]).toEqual([
    true,
    false,
  ]);
});

let batches = 0;
const options = { existing: 'fail', mail: false, createGroups } as const;

function people(number: number, groupOf: (index: number) => string): Person[] {
  const batch = ++batches;
  return Array.from({ length: number }, (_, index) => ({
    firstName: 'Pat',
    lastName: 'Doe',
    email: `c${index}.b${batch}.${temporal.taskQueue.slice(-6)}@example.com`,
    role: 'User',
    groups: [groupOf(index)],
  }));
}

async function started(of: Person[]): Promise<BatchHandle> {
  const session = temporal.session(portal.url);
  return startBatch(session, idOfBatch(session, of, options), { people: of, options });
}

async function imported(of: Person[]): Promise<BatchOutcome> {
  return (await started(of)).result();
}

it('the chunks of a batch and an onboarding create each group once, and a second import changes nothing', async () => {
  const names = ['Chunk A', 'Chunk B', 'Chunk C'];
  // Two chunks: the first has 200 people.
  const of = people(203, (index) => names[index % 3] ?? '');
  const [outcome, other] = await Promise.all([imported(of), onboarded(['Chunk A'])]);
  expect(outcome).toMatchObject({ state: 'onboarded', counts: { onboarded: of.length } });
  expect(other.state).toBe('onboarded');
  for (const name of names) {
    expect(await postsOf(name)).toBe(1);
    await expectOnce(name, name === 'Chunk A' ? [other.userId] : []);
  }
  const before = (await portal.ledger()).length;
  expect(await imported(of)).toMatchObject({ state: 'onboarded', counts: { onboarded: of.length } });
  const writes = (await portal.ledger()).slice(before).filter(({ route }) => !route.startsWith('GET'));
  expect(writes).toEqual([]);
});

it('a batch whose key may not create groups pauses before any account, and retry continues', async () => {
  const refused = { kind: 'answer', status: 403, body: errorBody(403, 'Access denied') } as const;
  await portal.faults({ route: post, about: 'Weak batch', times: 1, does: refused });
  const of = people(2, () => 'Weak batch');
  const batch = await started(of);
  await expect
    .poll(() => batch.query(batchStatus))
    .toMatchObject({ state: 'needs-attention', attention: { reason: 'permission' } });
  expect(await portal.withEmail(of[0]?.email ?? '')).toEqual([]);
  await batch.signal(retry);
  expect(await batch.result()).toMatchObject({ state: 'onboarded', counts: { onboarded: 2 } });
  await expectOnce('Weak batch', []);
});

it('two groups of one name fail everybody who requests it, with both ids', async () => {
  const twins = [await portal.createGroup('Twins'), await portal.createGroup('Twins')];
  const { counts, results } = await imported(people(2, () => 'Twins'));
  expect(counts.failed).toBe(2);
  for (const { id } of twins) expect(results.flat()[0]?.message).toContain(id);
});

it('an open onboarding that takes a person over from a batch finds the new group', async () => {
  const session = temporal.session(portal.url);
  const of = people(1, () => 'Taken over');
  const { groups: _, ...open } = of[0]!;
  await startAndSettle(session, { ...open, portal: portal.url });
  const batch = startBatch(session, idOfBatch(session, of, options), {
    people: of,
    options,
    onboardedElsewhere: new Set([open.email]),
  });
  const results = [];
  for await (const result of batchResults(session, await (await batch).result())) results.push(result);
  expect(results).toMatchObject([{ state: 'onboarded', groups: [{ name: 'Taken over', state: 'joined' }] }]);
  expect(await postsOf('Taken over')).toBe(1);
  await onboardingHandle(session, open.email).cancel();
});
