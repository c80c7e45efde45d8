import { upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import { noReason, onboardingReasonKey, onboardingStateKey } from '../../contract/search-attributes.js';
import type { Attention, OnboardingStatus } from '../../contract/onboarding.js';

/** Keeps the search attributes of a run as it is: those that its start carried, and only where they change. */
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
