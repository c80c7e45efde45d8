import { setHandler } from '@temporalio/workflow';
import {
  changeRole,
  retry,
  status,
  takeOver,
  untilSettled,
  type OnboardingInput,
  type Outcome,
} from '../../contract/onboarding.js';
import { changePlaces } from '../../contract/places.js';
import { createActivityProxies } from '../steps/activity-options.js';
import { Onboarding } from './onboarding.js';

/** The messages of an onboarding. Their definitions are in the contract, and the Web UI shows the descriptions. */
function registerHandlers(onboarding: Onboarding): void {
  setHandler(changeRole, (change) => onboarding.requestRole(change), {
    description:
      'Requests another role: "Guest", "User", "RoomAdmin" or "DocSpaceAdmin", with the quotes, ' +
      'or {"role": "User", "reason": "…"}. Encoding: json/plain.',
  });
  setHandler(changePlaces, (change) => onboarding.requestPlaces(change), {
    description:
      'Requests groups and rooms: {"join": ["5a"], "leave": ["4a"], "enter": ["Library: Read"]}, by name or id.',
  });
  setHandler(retry, () => onboarding.resume(), {
    description: 'Resumes an onboarding that needs attention, with the step that failed. Needs no data.',
  });
  setHandler(takeOver, (request) => onboarding.takeOver(request), {
    description: 'A chunk of an import requests the role in its file and a report. Sent by chunks only.',
  });
  setHandler(status, () => onboarding.outcome(), {
    description: 'Returns the status of this onboarding. Needs no argument.',
  });
  setHandler(
    untilSettled,
    (options?: { readAgain?: unknown }) => onboarding.untilSettled(options?.readAgain === true),
    {
      description:
        'Returns as soon as the role is confirmed, or the onboarding needs attention, failed or was cancelled. Needs no data.',
    },
  );
}

/** Onboards one person. It is done when the portal, read back, shows the role and all requested groups and rooms. */
export async function onboardUser(rawInput: OnboardingInput): Promise<Outcome> {
  const onboarding = new Onboarding(rawInput);
  registerHandlers(onboarding); // first, because a signal may have arrived before the run began
  const { findPlaces, createUser, getUser, updateUserRole, joinGroups, enterRooms, sendActivationMail } =
    createActivityProxies(onboarding.input);

  try {
    onboarding.validate();
    await onboarding.findPlaces(findPlaces); // before any write
    if (onboarding.input.roleOnly) onboarding.skip('create');
    else await onboarding.run('create', createUser, () => onboarding.newAccount());
    await onboarding.run('get', getUser, () => onboarding.requestedName());
    onboarding.sendPendingMail(sendActivationMail); // in parallel with the role window, which waits for it to end
    while (await onboarding.waitForChange()) {
      if (onboarding.isRolePending) {
        await onboarding.run('updateRole', updateUserRole, () => onboarding.nextRoleChange());
      }
      await onboarding.findPlaces(findPlaces);
      if (onboarding.places.haveGroupsToJoin)
        await onboarding.run('joinGroups', joinGroups, () => onboarding.places.groupsToJoin());
      if (onboarding.places.haveRoomsToEnter)
        await onboarding.run('enterRooms', enterRooms, () => onboarding.places.roomsToEnter());
    }
    return onboarding.outcome();
  } catch (error) {
    throw await onboarding.fail(error);
  }
}
