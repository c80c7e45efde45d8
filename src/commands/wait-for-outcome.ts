import type { ExitCode } from '../program/exit.js';
import type { Outcome } from '../contract/onboarding.js';
import { exitCodeOf, follow, type OnboardingHandle, type ShownOutcome } from '../client/outcomes.js';
import { stepProgress } from './step-progress.js';
import { printJson } from '../terminal/print.js';
import { showOutcome } from './outcome-text.js';
import type { Session } from '../client/session.js';

interface WaitOptions {
  json?: boolean | undefined;
  /** Throws if the outcome must end the command. */
  check?: (outcome: ShownOutcome) => void;
  /** The commands to try next. */
  next?: (outcome: ShownOutcome) => readonly string[];
}

/** Waits until an onboarding is settled, shows its steps on the way, and prints its outcome. */
export async function waitForOutcome(
  session: Session,
  handle: OnboardingHandle,
  settling: Promise<Outcome>,
  { json, check = () => undefined, next = () => [] }: WaitOptions,
): Promise<ExitCode> {
  const progress = stepProgress();
  const see = (outcome: ShownOutcome): void => {
    check(outcome);
    progress.show(outcome);
  };
  let outcome: ShownOutcome;
  try {
    outcome = await follow(session, handle, settling, see);
    see(outcome);
  } finally {
    progress.end();
  }
  if (json) printJson(outcome);
  else showOutcome(outcome, { next: next(outcome) });
  return exitCodeOf(outcome);
}
