import { follow, type OnboardingHandle, type ShownOutcome } from '../client/outcomes.js';
import type { Session } from '../client/session.js';
import type { Outcome } from '../contract/onboarding.js';
import type { ExitCode } from '../program/exit.js';
import { printJson } from '../terminal/print.js';
import { exitCodeOf } from './outcome-exit-code.js';
import { showOutcome } from './outcome-text.js';
import { stepProgress } from './step-progress.js';

interface WaitOptions {
  json?: boolean | undefined;
  /** Whether a higher role than requested counts as success. */
  keepHigher?: boolean | undefined;
  /** Throws if the command must not continue with this outcome. */
  check?: (outcome: ShownOutcome) => void;
  /** One sentence about what this command did. */
  note?: (outcome: ShownOutcome) => string | undefined;
  /** Commands to try next. */
  next?: (outcome: ShownOutcome) => readonly string[];
}

/** Waits until an onboarding has settled, shows its steps meanwhile, and prints its outcome. */
export async function waitForOutcome(
  session: Session,
  handle: OnboardingHandle,
  settling: Promise<Outcome>,
  { json, keepHigher = false, check, note, next }: WaitOptions,
): Promise<ExitCode> {
  const progress = stepProgress();
  const show = (outcome: ShownOutcome): void => {
    check?.(outcome);
    progress.show(outcome);
  };
  let outcome: ShownOutcome;
  try {
    outcome = await follow(session, handle, settling, show);
    show(outcome);
  } finally {
    progress.end();
  }
  if (json) printJson(outcome);
  else showOutcome(outcome, { note: note?.(outcome), next: next?.(outcome) ?? [] });
  return exitCodeOf(outcome, { keepHigher });
}
