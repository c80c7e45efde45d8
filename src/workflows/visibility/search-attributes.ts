import { upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import { noReason, onboardingReasonKey, onboardingStateKey, portalKey } from '../../contract/search-attributes.js';
import type { Outcome } from '../../contract/onboarding.js';

/**
 * Upserts the search attributes that have changed, if the run was started with them (see the contract). Somebody who
 * started it by hand may have written the origin of the portal in another form.
 */
export function upsertState({ state, attention, portal }: Pick<Outcome, 'state' | 'attention' | 'portal'>): void {
  const values = [
    { key: onboardingStateKey, value: state },
    { key: onboardingReasonKey, value: attention?.reason ?? noReason },
    { key: portalKey, value: portal },
  ];
  for (const { key, value } of values) {
    const shown = workflowInfo().typedSearchAttributes.get(key);
    if (shown !== undefined && shown !== value) upsertSearchAttributes([{ key, value }]);
  }
}
