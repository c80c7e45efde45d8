import { Onboarding } from './onboarding.js';
import { readInput } from './input.js';
import type { OnboardingInput, Outcome } from '../../contract/onboarding.js';
import { createStepProxies } from '../steps/activity-options.js';
import { wayOf } from '../steps/steps.js';

/** Onboards one person: done when the portal, read back, shows the account with the wanted role. */
export async function onboardUser(given: OnboardingInput): Promise<Outcome> {
  const { input, problems } = readInput(given);
  const onboarding = new Onboarding(input); // state first, so that a signal that came early finds it
  onboarding.listen();

  const before = input.lookUpBeforeCreate ? { before: 'unknown' as const } : {};
  const { createAccount, findAccount, applyRole } = wayOf(
    { ...input, ...before },
    onboarding,
    createStepProxies(input),
  );

  try {
    onboarding.refuse(problems);
    if (input.roleOnly) onboarding.skip('create');
    const { id } = input.roleOnly ? await findAccount() : await createAccount();
    while (await onboarding.wantsRole(input.roleWindow)) await applyRole(id);
    return await onboarding.closed();
  } catch (error) {
    throw await onboarding.closedBy(error);
  }
}
