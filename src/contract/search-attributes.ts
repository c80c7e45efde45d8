import { defineSearchAttributeKey, type SearchAttributePair } from '@temporalio/common';

// None of the search attributes contains personal data. A workflow upserts only those that it was started with, because upserting
// one that the namespace lacks leaves the run stuck.

/** The state of the outcome. */
export const onboardingStateKey = defineSearchAttributeKey('OnboardingState', 'KEYWORD');
/** Why it needs attention, or `none`. */
export const onboardingReasonKey = defineSearchAttributeKey('OnboardingReason', 'KEYWORD');
/** Origin of the portal. */
export const portalKey = defineSearchAttributeKey('Portal', 'KEYWORD');
/** The id of the batch that a run belongs to. */
export const batchKey = defineSearchAttributeKey('Batch', 'KEYWORD');

/** Short hashes of the people whom a chunk works on: an e-mail leads to its chunks. */
export const peopleKey = defineSearchAttributeKey('PersonHash', 'KEYWORD_LIST');

export const attributeKeys = [onboardingStateKey, onboardingReasonKey, portalKey, batchKey, peopleKey] as const;

/** The names of the types on the command line of Temporal. */
export const attributeTypeNames = { KEYWORD: 'Keyword', KEYWORD_LIST: 'KeywordList' } as const;

/** The value of {@link onboardingReasonKey} while the onboarding does not need attention. */
export const noReason = 'none';

interface Attributes {
  portal: string;
  batch?: string;
  people?: string[];
  state?: string;
  reason?: string;
}

/** The search attributes to start a run with. */
export function searchAttributesFor({
  portal,
  batch,
  people,
  state = 'running',
  reason = noReason,
}: Attributes): SearchAttributePair[] {
  return [
    { key: onboardingStateKey, value: state },
    { key: onboardingReasonKey, value: reason },
    { key: portalKey, value: portal },
    ...(batch === undefined ? [] : [{ key: batchKey, value: batch }]),
    ...(people === undefined ? [] : [{ key: peopleKey, value: people }]),
  ];
}
