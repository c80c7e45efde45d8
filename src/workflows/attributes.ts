import { defineSearchAttributeKey } from '@temporalio/common';

/**
 * Search attributes of an onboarding. None holds personal data. A workflow upserts only those that its own start
 * carried: upserting one that the namespace lacks leaves the run stuck.
 */
export const onboardingStateKey = defineSearchAttributeKey('OnboardingState', 'KEYWORD');
export const onboardingReasonKey = defineSearchAttributeKey('OnboardingReason', 'KEYWORD');
export const portalKey = defineSearchAttributeKey('Portal', 'KEYWORD');
/** The workflow id of the batch that a person was onboarded with. */
export const batchKey = defineSearchAttributeKey('Batch', 'KEYWORD');

export const attributeKeys = [onboardingStateKey, onboardingReasonKey, portalKey, batchKey] as const;

/** The value of {@link onboardingReasonKey} while nothing needs a person. */
export const noReason = 'none';
