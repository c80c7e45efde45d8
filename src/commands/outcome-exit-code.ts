import type { Outcome } from '../contract/onboarding.js';
import { exitCodes } from '../program/exit.js';

/** The exit code for a state that was only read. An onboarding that still runs has not failed. */
export function exitCodeSoFar(outcome: Pick<Outcome, 'state'>): 0 | 4 | 5 {
  return outcome.state === 'running' ? exitCodes.done : exitCodeOf(outcome);
}

export function exitCodeOf({ state }: Pick<Outcome, 'state'>, { keepHigher = false } = {}): 0 | 4 | 5 {
  if (state === 'onboarded') return exitCodes.done;
  if (state === 'kept-higher') return keepHigher ? exitCodes.done : exitCodes.attention;
  return state === 'needs-attention' ? exitCodes.attention : exitCodes.failed;
}
