import { sleep } from '@temporalio/workflow';
import { onboardUser as asItWas } from '../../../src/workflows/onboarding/onboard-user.js';
import type { OnboardingInput, Outcome } from '../../../src/contract/onboarding.js';

/** A change that no open run survives: a new command before those that are in its history. */
export async function onboardUser(input: OnboardingInput): Promise<Outcome> {
  await sleep('1s');
  return asItWas(input);
}
