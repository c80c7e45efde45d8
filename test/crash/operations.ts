import { roles, type Role } from '../../src/domain/roles.js';
import { randomFrom } from '../support/random.js';

/** What a seed lets operators do with the same people at the same time, and which processes it kills meanwhile. */

export interface Row {
  email: string;
  role: Role;
}

export type Operation =
  | { do: 'import'; rows: readonly Row[] }
  | { do: 'onboard' | 'role'; row: Row }
  | { do: 'cancel'; email: string }
  | { do: 'cancel the batch' }
  | { do: 'terminate'; type: 'onboardUser' | 'onboardBatch' | 'onboardChunk' }
  | { do: 'kill'; victim: 'worker' | 'server' | 'command' };

export interface PlannedOperation {
  /** How many more calls the portal receives before the operation begins. */
  afterCalls: number;
  operation: Operation;
}

export interface OperationPlan {
  /** People for whom one answer of the portal is lost. */
  unlucky: readonly string[];
  operations: readonly PlannedOperation[];
  /** The file that is imported when everything else is over. */
  last: readonly Row[];
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
    [2, () => ({ do: 'terminate', type: anyOf(['onboardUser', 'onboardBatch', 'onboardChunk']) })],
    [3, () => ({ do: 'kill', victim: anyOf(['worker', 'server', 'command']) })],
  ];
  const deck = kinds.flatMap(([share, next]) => Array.from({ length: share }, () => next));

  const first: PlannedOperation = { afterCalls: 0, operation: { do: 'import', rows } };
  const further = Array.from({ length: count - 1 }, () => ({ afterCalls: 1 + below(12), operation: anyOf(deck)() }));
  const unlucky = rows.filter(() => random() < 0.15).map(({ email }) => email);
  return { unlucky, operations: [first, ...further], last: correct() };
}
