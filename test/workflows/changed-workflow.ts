import { readInput } from '../../src/workflows/input.js';
import type { OnboardingInput } from '../../src/workflows/messages.js';
import { stepsWithin } from '../../src/workflows/steps.js';

/** What an upgrade must not look like: it gets the user before it creates one. */
export async function onboardUser(given: OnboardingInput): Promise<unknown> {
  const { input } = readInput(given);
  const { email, portal } = input;
  return stepsWithin(input).getUser({ portal, email });
}
