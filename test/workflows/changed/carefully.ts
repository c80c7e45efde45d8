import { patched, sleep } from '@temporalio/workflow';
import { onboardUser as unchanged } from '../../../src/workflows/onboarding/onboard-user.js';
import type { OnboardingInput, Outcome } from '../../../src/contract/onboarding.js';

/** The same change as CONTRIBUTING.md recommends it: runs that began before keep the old code path. */
export async function onboardUser(input: OnboardingInput): Promise<Outcome> {
  if (patched('wait-before-the-steps')) await sleep('1s');
  return unchanged(input);
}
