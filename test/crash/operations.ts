import { roles, type Role } from '../../src/domain/roles.js';
import type { Fault } from '../../src/sandbox/faults/faults.js';
import { randomFrom } from '../support/random.js';

/** What a seed lets operators do with the same people at the same time, and what goes wrong meanwhile. */

export interface Row {
  email: string;
  role: Role;
}

export type Operation =
  | { do: 'import'; rows: readonly Row[] }
  | { do: 'onboard' | 'role'; row: Row }
  | { do: 'cancel' | 'retry'; email: string }
  | { do: 'cancel the batch' }
  | { do: 'terminate'; type: RunType }
  /** Continues from one of the workflow tasks so far: 0 is the first one, 1 the latest. */
  | { do: 'reset the run'; type: RunType; place: number }
  | { do: 'reset an activity' | 'pause an activity'; type: 'onboardUser' | 'onboardChunk' }
  | { do: 'cut off a worker' | 'kill a worker'; worker: number }
  | { do: 'kill'; victim: 'server' | 'command' };

type RunType = (typeof runTypes)[number];

export interface PlannedOperation {
  /** How many more calls the portal receives before the operation begins. */
  afterCalls: number;
  operation: Operation;
}

export interface OperationPlan {
  /** How far the clock of each worker is off. */
  clockSkewsMs: readonly number[];
  /** For some people an answer of the portal is lost, or their create takes effect late. */
  faults: readonly Fault[];
  operations: readonly PlannedOperation[];
  /** The file that is imported when everything else is over. */
  last: readonly Row[];
}

const runTypes = ['onboardUser', 'onboardBatch', 'onboardChunk'] as const;
const runTypesWithSteps = ['onboardUser', 'onboardChunk'] as const;

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
const clockSkews = [
  [0, 2 * minuteMs],
  [-2 * minuteMs, 0],
  [-10 * minuteMs, 10 * minuteMs],
  [0, dayMs],
  [-dayMs, 2 * minuteMs],
] as const;

/** Well within the settle window of the workers. */
const latenessMs = 600;

function faultFor(about: string, isLate: boolean): Fault {
  const common = { route: '*', about, times: 1 } as const;
  if (!isLate) return { ...common, when: 'after', does: { kind: 'reset' } };
  const does = { kind: 'statement', statement: 'account', disturbed: 'timeout', ends: 'reset' } as const;
  return { ...common, does: { ...does, milliseconds: latenessMs } };
}

export function createOperationPlan(seed: number, people: number, count: number): OperationPlan {
  const random = randomFrom(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  const anyOf = <Item>(items: readonly Item[]): Item => items[below(items.length)]!;
  const anyRole = (): Role => anyOf(roles);
  const anyRow = (): Row => ({ email: anyOf(rows).email, role: anyRole() });

  let rows: Row[] = Array.from({ length: people }, (_, index) => ({
    email: `p${index}.s${seed}@example.com`,
    role: anyRole(),
  }));
  /** The file again, with other roles for some people. */
  const correct = (): readonly Row[] => {
    rows = rows.map((row) => (random() < 0.15 ? { ...row, role: anyRole() } : row));
    return rows;
  };
  const kinds: readonly [share: number, next: () => Operation][] = [
    [3, () => ({ do: 'import', rows: correct() })],
    [1, () => ({ do: 'import', rows })],
    [4, () => ({ do: 'role', row: anyRow() })],
    [4, () => ({ do: 'onboard', row: anyRow() })],
    [2, () => ({ do: 'cancel', email: anyOf(rows).email })],
    [1, () => ({ do: 'cancel the batch' })],
    [1, () => ({ do: 'retry', email: anyOf(rows).email })],
    [2, () => ({ do: 'terminate', type: anyOf(runTypes) })],
    [4, () => ({ do: 'reset the run', type: anyOf(runTypes), place: random() })],
    [3, () => ({ do: 'reset an activity', type: anyOf(runTypesWithSteps) })],
    [1, () => ({ do: 'pause an activity', type: anyOf(runTypesWithSteps) })],
    [2, () => ({ do: 'cut off a worker', worker: below(2) })],
    [1, () => ({ do: 'kill a worker', worker: below(2) })],
    [2, () => ({ do: 'kill', victim: anyOf(['server', 'command']) })],
  ];
  const deck = kinds.flatMap(([share, next]) => Array.from({ length: share }, () => next));

  const first: PlannedOperation = { afterCalls: 0, operation: { do: 'import', rows } };
  const further = Array.from({ length: count - 1 }, () => ({ afterCalls: 1 + below(12), operation: anyOf(deck)() }));
  const faults = rows.filter(() => random() < 0.2).map(({ email }) => faultFor(email, random() < 0.5));
  return { clockSkewsMs: anyOf(clockSkews), faults, operations: [first, ...further], last: correct() };
}
