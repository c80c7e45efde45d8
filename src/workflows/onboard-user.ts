import { Onboarding } from './onboarding.js';
import { readInput } from './input.js';
import type { OnboardingInput, Outcome } from './messages.js';
import { stepsWithin } from './steps.js';

/** Onboards one person: done when the portal, read back, shows the account with the wanted role. */
export async function onboardUser(given: OnboardingInput): Promise<Outcome> {
  const { input, problems } = readInput(given);
  const onboarding = new Onboarding(input); // state first, so that a signal that came early finds it
  onboarding.listen();

  const { email, portal } = input;
  const { createUser, getUser, updateUserRole } = stepsWithin(input.giveUpAfter);

  try {
    onboarding.refuse(problems);
    const { id } = input.roleOnly ? await findAccount() : await createAccount();
    while (await onboarding.wantsRole(input.roleWindow)) await applyRole(id);
    return await onboarding.closed();
  } catch (error) {
    throw await onboarding.closedBy(error);
  }

  async function createAccount(): Promise<{ id: string }> {
    const { firstName, lastName, existing, mail } = input;
    const person = { email, firstName, lastName, existing, mail };
    const before = input.lookFirst ? { carried: 'unknown' as const } : {};
    const account = await onboarding.step('create', (again) =>
      createUser({ portal, ...onboarding.identity, ...person, ...before, role: onboarding.requestedRole, ...again }),
    );
    return onboarding.step('get', (again) => getUser({ portal, email, id: account.id, ...again }));
  }

  function findAccount(): Promise<{ id: string }> {
    onboarding.skip('create');
    return onboarding.step('get', (again) => getUser({ portal, email, ...again }));
  }

  function applyRole(id: string): Promise<unknown> {
    return onboarding.step('updateRole', (again) =>
      updateUserRole({ portal, email, id, ...onboarding.takeRoleChange(), ...again }),
    );
  }
}
