import { randomFrom } from '../support/random.js';
import { roles, type Role } from '../../src/domain/roles.js';
import type { OnboardingInput } from '../../src/contract/onboarding.js';

/** The plan that a seed produces: who is requested, with which roles, and which process is killed when. */

export interface PlannedRequest {
  email: string;
  role: Role;
  /** The person, if this requests an onboarding and not a role change. */
  start?: Pick<OnboardingInput, 'firstName' | 'lastName' | 'roleWindow'>;
}

export const targets = ['worker 1', 'worker 2', 'server', 'sandbox', 'requester'] as const;

export interface Kill {
  /** The number of accounts at the portal at which this happens. */
  at: number;
  target: (typeof targets)[number];
  /** A worker can also be suspended until others have continued, or asked to stop. */
  how: 'SIGKILL' | 'SIGSTOP' | 'SIGTERM';
}

export interface Plan {
  requests: PlannedRequest[];
  kills: Kill[];
  /** The role that each person has at the end. */
  roles: Map<string, Role>;
}

/** @param killCount the number of SIGKILLs; a quarter as many of the other kinds are added */
export function createPlan(seed: number, people: number, killCount: number): Plan {
  const random = randomFrom(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  const anyRole = (): Role => roles[below(roles.length)] ?? 'User';

  const requests: PlannedRequest[] = [];
  for (let index = 0; index < people; index++) {
    const email = `person${index}@example.com`;
    const start = { firstName: 'Jane', lastName: 'Roe', roleWindow: random() < 0.5 ? 0 : '1h' } as const;
    requests.push({ email, role: anyRole(), start });
    // Some changes are sent at once, some after the onboarding.
    if (random() < 0.3) requests.push({ email, role: anyRole() });
    const earlier = `person${below(index + 1)}@example.com`;
    if (random() < 0.2) requests.push({ email: earlier, role: anyRole() });
  }

  const others = ['SIGSTOP', 'SIGTERM'] as const;
  const count = killCount + Math.ceil(killCount / 4);
  const kills = Array.from({ length: count }, (_, index): Kill => {
    const at = Math.ceil((people * (index + 1)) / (count + 1));
    const gentle = index % 5 === 4;
    const how = gentle ? (others[below(others.length)] ?? 'SIGSTOP') : 'SIGKILL';
    return { at, how, target: targets[below(gentle ? 2 : targets.length)] ?? 'server' };
  });

  return { requests, kills, roles: new Map(requests.map(({ email, role }) => [email, role])) };
}
