import { Client, Connection } from '@temporalio/client';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { Fault } from '../../src/sandbox/faults/faults.js';
import { onboardingId, status as statusQuery } from '../../src/contract/onboarding.js';
import { onboardingReasonKey, onboardingStateKey } from '../../src/contract/search-attributes.js';
import type { SandboxPerson } from '../support/portal.js';
import { randomFrom } from '../support/random.js';
import { ChaosWorkers } from './workers.js';
import { createPlan, type Plan } from './plan.js';
import { Stage } from './stage.js';

/**
 * The chaos test: a thousand onboardings and their role changes, while processes are killed again and again and a call to the
 * portal fails for every third person. In the end the portal must show what was requested. The seed decides who requests what, and which
 * process is killed at how many accounts; it cannot decide how the processes race.
 */

const people = 1_000;
const kills = 24;
const seeds = (process.env['SEEDS'] ?? '').split(',').filter(Boolean).map(Number);
const minutes = 60_000;

/** The server's code for a workflow task that a new event has superseded. */
const unhandledCommand = 1;

const json = { 'content-type': 'application/json' };
const error = JSON.stringify({ error: { message: 'no' }, status: 1, statusCode: 500 });
const kinds: readonly Pick<Fault, 'when' | 'does'>[] = [
  { when: 'before', does: { kind: 'reset' } },
  { when: 'after', does: { kind: 'reset' } },
  { when: 'before', does: { kind: 'answer', status: 500, headers: json, body: error } },
  { when: 'after', does: { kind: 'cut' } },
  { when: 'before', does: { kind: 'answer', status: 429, headers: { 'retry-after': '1' } } },
];

/** Lets one call fail for every third person among those who are onboarded around a number of accounts. */
function faultsAround(seed: number, accounts: number): Fault[] {
  const random = randomFrom(seed * 10_000 + accounts);
  const indexes = Array.from({ length: 120 }, (_, offset) => accounts - 80 + offset);
  return indexes
    .filter((index) => index >= 0 && index < people && random() < 1 / 3)
    .map((index) => {
      const kind = kinds[Math.floor(random() * kinds.length)] ?? kinds[0]!;
      return { route: '*', about: `person${index}@example.com`, times: 1, ...kind };
    });
}

const ending: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const end of ending.splice(0).toReversed()) await end();
});

describe.skipIf(seeds.length === 0)('chaos', () => {
  it.for(seeds)('seed %d: the portal shows what was requested', { timeout: 20 * minutes }, async (seed, { task }) => {
    task.meta.repeat = `--chaos --seed ${seed}`;
    const begun = performance.now();
    const plan = createPlan(seed, people, kills);
    const stage = await Stage.open();
    ending.push(() => stage.close());
    const workers = await ChaosWorkers.start(stage, plan);
    ending.push(() => workers.stop());

    let faultsMade = 0;
    for (const kill of plan.kills) {
      await stage.portal.faults(...faultsAround(seed, kill.at)); // a killed sandbox forgets its faults
      await workers.waitForAccounts(kill.at);
      faultsMade += sum(await stage.portal.fired());
      process.stderr.write(`seed ${seed}, ${kill.at} accounts: ${kill.how} for ${kill.target}\n`);
      await workers.kill(kill);
    }
    await workers.allAcknowledged();
    await stage.portal.faults();
    await waitUntilHealed(stage, plan);
    const damage = findDamage(await stage.portal.people(), plan);
    await withClient(stage.address, async (client) => {
      const lost = await Promise.all(damage.lost.map((text) => withStatus(client, text)));
      expect({ ...damage, lost }).toEqual({ lost: [], twice: [], strangers: [] });
      await expectSoundRuns(client);
    });
    expect(faultsMade).toBeGreaterThan(people / 20); // a killed sandbox forgets how many it made

    task.meta.chaos = {
      seed,
      people,
      kills: plan.kills.filter(({ how }) => how === 'SIGKILL').length,
      gentle: plan.kills.filter(({ how }) => how !== 'SIGKILL').length,
      faults: faultsMade,
      lost: damage.lost.length,
      twice: damage.twice.length,
      milliseconds: performance.now() - begun,
    };
  });
});

/** People without the requested role, people with two accounts, and people whom nobody requested. */
function findDamage(
  present: readonly SandboxPerson[],
  { roles }: Plan,
): Record<'lost' | 'twice' | 'strangers', string[]> {
  const typeOf = new Map(present.map(({ email, type }) => [email, type]));
  const first = new Set(typeOf.keys());
  return {
    lost: [...roles].flatMap(([email, role]) =>
      typeOf.get(email) === role ? [] : [`${email}: ${typeOf.get(email)}, and not ${role}`],
    ),
    twice: present.filter(({ email }) => !first.delete(email)).map(({ email }) => email),
    strangers: [...typeOf.keys()].filter((email) => email.endsWith('@example.com') && !roles.has(email)),
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

/** Milliseconds after the last kill within which all must have settled. Portal-wide problems are checked after a minute. */
const healing = 300_000;

/** Resolves once the portal shows what was requested, and no onboarding is running or needs attention. */
async function waitUntilHealed({ portal, address }: Stage, plan: Plan): Promise<void> {
  const unsettled = `ExecutionStatus = 'Running' AND ${onboardingStateKey.name} IN ('running', 'needs-attention')`;
  await withClient(address, async ({ workflow }) => {
    for (const end = Date.now() + healing; Date.now() < end; await delay(200)) {
      const isAsRequested = findDamage(await portal.people(), plan).lost.length === 0;
      if (isAsRequested && (await workflow.count(unsettled)).count === 0) return;
    }
  });
}

async function withClient(address: string, use: (client: Client) => Promise<void>): Promise<void> {
  const connection = await Connection.connect({ address });
  try {
    await use(new Client({ connection }));
  } finally {
    await connection.close();
  }
}

/** Adds what the onboarding of a lost person reports. */
async function withStatus({ workflow }: Client, text: string): Promise<string> {
  const handle = workflow.getHandle(onboardingId(text.replace(/:.*/, '')));
  const { status: run, historyLength } = await handle.describe();
  const outcome: unknown = await handle.query(statusQuery).catch(String);
  return `${text}; the run of ${historyLength} events is ${run.name}: ${JSON.stringify(outcome)}`;
}

/** Every run has completed or is open for role changes, and none failed with nondeterminism. */
async function expectSoundRuns({ workflow }: Client): Promise<void> {
  const states = new Set<string>();
  for await (const { workflowId, runId, status, typedSearchAttributes } of workflow.list()) {
    const [state, reason] = [onboardingStateKey, onboardingReasonKey].map((key) => typedSearchAttributes.get(key));
    const open = state === 'needs-attention' ? `open, needs attention: ${reason}` : `open, ${state}`;
    states.add(status.name === 'RUNNING' ? open : status.name);
    const { events } = await workflow.getHandle(workflowId, runId).fetchHistory();
    const failures = events?.map(({ workflowTaskFailedEventAttributes: failed }) => failed?.cause).filter(Boolean);
    // A signal that arrives while a run closes makes its last workflow task fail.
    for (const cause of failures ?? []) expect(cause).toBe(unhandledCommand);
  }
  expect([...states].toSorted()).toEqual(['COMPLETED', 'open, onboarded']);
}
