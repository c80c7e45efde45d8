import { Onboarding } from './onboarding.js';
import { readInput } from './input.js';
import type { OnboardingInput, Outcome } from './messages.js';
import { createUser, getUser, updateUserRole } from './steps.js';

/** Onboards one person: done when the portal, read back, shows the account with the wanted role. */
export async function onboardUser(given: OnboardingInput): Promise<Outcome> {
  const { input, problems } = readInput(given);
  const onboarding = new Onboarding(input); // state first, so that a signal that came early finds it
  onboarding.listen();

  try {
    onboarding.refuse(problems);
    const { id } = input.roleOnly ? await findAccount() : await createAccount();
    do await applyRole(id);
    while (await onboarding.roleChangedWithin(input.roleWindow));
    return await onboarding.closed();
  } catch (error) {
    throw await onboarding.closedBy(error);
  }

  async function createAccount(): Promise<{ id: string }> {
    const { email, portal } = input;
    const account = await onboarding.step('create', () =>
      createUser({ ...input, onboardingId: onboarding.id, role: onboarding.requestedRole }),
    );
    return onboarding.step('get', () => getUser({ portal, email, id: account.id }));
  }

  function findAccount(): Promise<{ id: string }> {
    onboarding.skip('create');
    return onboarding.step('get', () => getUser({ portal: input.portal, email: input.email }));
  }

  function applyRole(id: string): Promise<unknown> {
    return onboarding.step('updateRole', () =>
      updateUserRole({ portal: input.portal, email: input.email, id, ...onboarding.takeRoleChange() }),
    );
  }
}
