import { randomFrom } from '../../src/sandbox/faults/faults.js';
import { roles, type Role } from '../../src/domain/roles.js';
import type { OnboardingInput } from '../../src/contract/onboarding.js';

/** What a seed says: who is asked for, with which roles, and what is killed when. */

export interface Asked {
  email: string;
  role: Role;
  /** The person where an onboarding is asked for, and not a change of the role. */
  start?: Pick<OnboardingInput, 'firstName' | 'lastName' | 'roleWindow'>;
}

export const targets = ['worker 1', 'worker 2', 'server', 'sandbox', 'crowd'] as const;

export interface Blow {
  /** So many accounts stand at the portal then. */
  at: number;
  target: (typeof targets)[number];
  /** Workers are also stopped until others have gone on, or asked to end. */
  how: 'SIGKILL' | 'SIGSTOP' | 'SIGTERM';
}

export interface Plan {
  asked: Asked[];
  blows: Blow[];
  /** The role that each person has at the end. */
  roles: Map<string, Role>;
}

/** @param kills so many are SIGKILL; a quarter as many more are the other kinds */
export function planOf(seed: number, people: number, kills: number): Plan {
  const random = randomFrom(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  const anyRole = (): Role => roles[below(roles.length)] ?? 'User';

  const asked: Asked[] = [];
  for (let index = 0; index < people; index++) {
    const email = `person${index}@example.com`;
    const start = { firstName: 'Jane', lastName: 'Roe', roleWindow: random() < 0.5 ? 0 : '1h' } as const;
    asked.push({ email, role: anyRole(), start });
    // Some changes come at once, some when the onboarding is over.
    if (random() < 0.3) asked.push({ email, role: anyRole() });
    const earlier = `person${below(index + 1)}@example.com`;
    if (random() < 0.2) asked.push({ email: earlier, role: anyRole() });
  }

  const others = ['SIGSTOP', 'SIGTERM'] as const;
  const count = kills + Math.ceil(kills / 4);
  const blows = Array.from({ length: count }, (_, index): Blow => {
    const at = Math.ceil((people * (index + 1)) / (count + 1));
    const gentle = index % 5 === 4;
    const how = gentle ? (others[below(others.length)] ?? 'SIGSTOP') : 'SIGKILL';
    return { at, how, target: targets[below(gentle ? 2 : targets.length)] ?? 'server' };
  });

  return { asked, blows, roles: new Map(asked.map(({ email, role }) => [email, role])) };
}
