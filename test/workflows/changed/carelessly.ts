import { sleep } from '@temporalio/workflow';
import { onboardUser as unchanged } from '../../../src/workflows/onboarding/onboard-user.js';
import type { OnboardingInput, Outcome } from '../../../src/contract/onboarding.js';

/** A change that breaks every open run: a new command before those in its history. */
export async function onboardUser(input: OnboardingInput): Promise<Outcome> {
  await sleep('1s');
  return unchanged(input);
}
