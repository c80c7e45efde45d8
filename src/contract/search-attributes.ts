import { defineSearchAttributeKey, type SearchAttributePair } from '@temporalio/common';

// No search attribute contains personal data. A workflow upserts only those that it was started with, because
// upserting one that the namespace lacks would block the run.

/** The state of the outcome. */
export const onboardingStateKey = defineSearchAttributeKey('OnboardingState', 'KEYWORD');
/** Why the onboarding needs attention, or `none`. */
export const onboardingReasonKey = defineSearchAttributeKey('OnboardingReason', 'KEYWORD');
/** Origin of the portal. */
export const portalKey = defineSearchAttributeKey('Portal', 'KEYWORD');
/** The id of the batch that a run belongs to. */
export const batchKey = defineSearchAttributeKey('Batch', 'KEYWORD');

/** Short hashes of the people in a chunk, so an e-mail leads to its chunks. */
export const peopleKey = defineSearchAttributeKey('PersonHash', 'KEYWORD_LIST');

export const attributeKeys = [onboardingStateKey, onboardingReasonKey, portalKey, batchKey, peopleKey] as const;

/** The type names as the Temporal CLI spells them. */
export const attributeTypeNames = { KEYWORD: 'Keyword', KEYWORD_LIST: 'KeywordList' } as const;

/** The value of {@link onboardingReasonKey} while the onboarding does not need attention. */
export const noReason = 'none';

interface Attributes {
  portal: string;
  batch?: string;
  people?: string[];
}

/** The search attributes that a run starts with. */
export function searchAttributesFor({ portal, batch, people }: Attributes): SearchAttributePair[] {
  return [
    { key: onboardingStateKey, value: 'running' },
    { key: onboardingReasonKey, value: noReason },
    { key: portalKey, value: portal },
    ...(batch === undefined ? [] : [{ key: batchKey, value: batch }]),
    ...(people === undefined ? [] : [{ key: peopleKey, value: people }]),
  ];
}
