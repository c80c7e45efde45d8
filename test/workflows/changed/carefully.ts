import { patched, sleep } from '@temporalio/workflow';
import { onboardUser as asItWas } from '../../../src/workflows/onboarding/onboard-user.js';
import type { OnboardingInput, Outcome } from '../../../src/contract/onboarding.js';

/** The same change as README says: runs that began before go the old way. */
export async function onboardUser(input: OnboardingInput): Promise<Outcome> {
  if (patched('wait-before-the-steps')) await sleep('1s');
  return asItWas(input);
}
