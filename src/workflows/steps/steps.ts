import type { StepActivities } from './activity-options.js';
import type { StepResult, StepName, UpdateUserRoleRequest } from '../../contract/steps.js';

/** What a step is told when it is taken again: that a person released it, and what it knew when it parked. */
export interface Again {
  resumed?: boolean;
  resumeFrom?: never;
}

/** Who takes the steps, and decides what follows from a failure. */
export interface Traveller {
  /** What marks an account as made by this onboarding, and since when it could have been. */
  readonly identity: { onboardingId: string; startedAt: number };
  /** The role as it was asked for last. */
  readonly requestedRole: string;
  step<Finding extends StepResult>(name: StepName, take: (again: Again) => Promise<Finding>): Promise<Finding>;
  /** The role to apply now, with the one the portal showed just before where a step has read it. */
  takeRoleChange(): Omit<UpdateUserRoleRequest, 'portal' | 'email' | 'id'>;
}

export interface WayOfPerson {
  portal: string;
  email: string;
  firstName: string;
  lastName: string;
  existing: 'fail' | 'adopt';
  mail: boolean;
  /** What is known of creates before: `unknown` where one may have been sent just now. */
  before?: 'unknown' | { attempt: number; posts: number; lastPostAt: number | null };
}

export function wayOf(person: WayOfPerson, traveller: Traveller, activities: StepActivities) {
  const { portal, email, firstName, lastName, existing, mail, before } = person;
  const { createUser, getUser, updateUserRole } = activities;

  return {
    createAccount: async (): Promise<{ id: string }> => {
      const named = { portal, email, firstName, lastName, existing, mail, ...(before && { resumeFrom: before }) };
      const { id } = await traveller.step('create', (again) =>
        createUser({ ...named, ...traveller.identity, role: traveller.requestedRole, ...again }),
      );
      return traveller.step('get', (again) => getUser({ portal, email, id, ...again }));
    },

    findAccount: (): Promise<{ id: string }> => traveller.step('get', (again) => getUser({ portal, email, ...again })),

    applyRole: (id: string): Promise<StepResult> =>
      traveller.step('updateRole', (again) =>
        updateUserRole({ portal, email, id, ...traveller.takeRoleChange(), ...again }),
      ),
  };
}
