import { upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import { noReason, onboardingReasonKey, onboardingStateKey } from '../../contract/search-attributes.js';
import type { Attention, OnboardingStatus } from '../../contract/onboarding.js';

/** Upserts the search attributes that have changed, if the run was started with them (see the contract). */
export function upsertState(state: OnboardingStatus, attention: Attention | null): void {
  const values = [
    { key: onboardingStateKey, value: state },
    { key: onboardingReasonKey, value: attention?.reason ?? noReason },
  ];
  for (const { key, value } of values) {
    const shown = workflowInfo().typedSearchAttributes.get(key);
    if (shown !== undefined && shown !== value) upsertSearchAttributes([{ key, value }]);
  }
}
