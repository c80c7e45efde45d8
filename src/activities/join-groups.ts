import type { JoinGroupsRequest } from '../contract/steps.js';
import type { GroupPlace, PlaceProblem } from '../contract/places.js';
import { guestInGroup } from '../domain/place-names.js';
import type { Attempt, WorkerContext } from './attempt/run-attempt.js';
import { forEachPlace } from './for-each-place.js';
import { readAccount } from './read-account.js';

/**
 * Makes the person a member of each group, and reads the memberships back: the portal answers 200 and silently
 * skips people. Adding twice is harmless, so a lost answer is repeated.
 */
export async function joinGroups(
  { portal }: WorkerContext,
  { id, email, groups, isExact }: JoinGroupsRequest,
  attempt: Attempt,
): Promise<{ groups: GroupPlace[] }> {
  attempt.assertCircuitClosed();
  const { places, origin } = portal;
  const { signal, writeBounds } = attempt;
  const { role } = await readAccount(portal, { id, email }, signal);
  const shown = await places.groupsOf(id, signal);
  const isMember = (group: GroupPlace, memberships = shown): boolean =>
    memberships.some((each) => each.id === group.id);
  const others = isExact ? shown.filter((each) => !groups.some((group) => group.id === each.id)) : [];
  const all = [...groups, ...others.map(({ id: other, name }): GroupPlace => ({ id: other, name, state: 'leaving' }))];

  const problems = await forEachPlace(
    all.filter((group) => isMember(group) === mustLeave(group)),
    origin,
    async (group): Promise<PlaceProblem | undefined> => {
      if (!mustLeave(group) && role === 'Guest') return notApplied(guestInGroup, 'Raise the role, then retry.');
      const members = mustLeave(group) ? { membersToRemove: [id] } : { membersToAdd: [id] };
      await places.updateMembers(group.id, members, writeBounds);
      return undefined;
    },
  );
  const memberships = await places.groupsOf(id, signal);
  await readAccount(portal, { id, email }, signal);
  return {
    groups: all.map((group) => {
      const isAsRequested = isMember(group, memberships) !== mustLeave(group);
      const { id: groupId, name } = group;
      if (isAsRequested) return { id: groupId, name, state: mustLeave(group) ? 'left' : 'joined' };
      const problem = problems.get(group) ?? notShown(group);
      return { id: groupId, name, state: 'failed', problem, ...(mustLeave(group) && { isLeaving: true }) };
    }),
  };
}

const mustLeave = ({ state, isLeaving }: GroupPlace): boolean =>
  state === 'leaving' || state === 'left' || (state === 'failed' && isLeaving === true);

function notShown(group: GroupPlace): PlaceProblem {
  const what = mustLeave(group) ? 'still shows this person in' : 'does not show this person in';
  return notApplied(
    `the portal accepted the change, but ${what} the group "${group.name}"`,
    'Check in the portal whether the account is active and not a Guest, then retry.',
  );
}

function notApplied(message: string, hint: string): PlaceProblem {
  return { reason: 'group-not-applied', message, hint };
}
