import { CancellationScope } from '@temporalio/workflow';
import type { CreateGroupInput, FoundGroup } from '../../contract/places.js';
import { isAbsentOr, isObject, isOneOf, isText } from '../../utils/checks.js';
import { assertMembers } from '../input-checks.js';
import { completedByHand, isReset } from '../onboarding/state.js';
import { createActivityProxies } from '../steps/activity-options.js';

/** Longer than five creates with a settle window each. After that, the runs that need the group show why it is missing. */
const activities = createActivityProxies({ giveUpAfter: '15m' });

const members = { portal: isText, name: isText, mayHaveBeenPosted: isAbsentOr(isOneOf([true])) };
const isFound = isObject({ asked: isText, id: isText, name: isText });

/**
 * Creates one group, unless the portal has one of this name. Everybody who needs the group starts this workflow with the
 * same id, so no two runs post the same name. A cancelled run still completes, because others may wait for the group.
 */
export async function createGroup(input: CreateGroupInput): Promise<FoundGroup> {
  assertMembers(input, members, 'an onboarding sends; request the group with createGroups instead');
  const { portal, name, mayHaveBeenPosted } = input;
  const group = await CancellationScope.nonCancellable(() =>
    activities.createGroup({
      portal,
      name,
      ...(mayHaveBeenPosted && { resumeFrom: 'unknown' }),
      ...(isReset() && { isResetRun: true }),
    }),
  );
  if (!isFound(group)) throw completedByHand('createGroup');
  return group;
}
