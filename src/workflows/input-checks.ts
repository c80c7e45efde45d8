import { ApplicationFailure } from '@temporalio/common';
import { failureTypes } from '../contract/onboarding.js';
import { wrongMember, type Check } from '../utils/checks.js';

/**
 * Anybody can start a run with any input. A problem fails it with a sentence, because a TypeError would block it.
 *
 * @param source who sends this input, and what to do instead: the end of the sentence
 * @throws {ApplicationFailure}
 */
export function assertMembers(input: unknown, members: Record<string, Check>, source: string): void {
  const wrong = typeof input === 'object' && input !== null ? wrongMember(input, members) : 'the input';
  if (wrong !== undefined) throw refusedInput(wrong, source);
}

export function refusedInput(member: string, source: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(`${member} is not what ${source}`, failureTypes.permanent);
}
