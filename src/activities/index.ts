import { groupCreationId } from '../contract/places.js';
import type { PortalRequest } from '../contract/steps.js';
import type { Portal } from '../docspace/portal.js';
import { addToPlaces } from './add-to-places.js';
import { CircuitBreaker } from './attempt/circuit-breaker.js';
import { SuspensionAwareClock } from './attempt/lease.js';
import { runAttempt, type Step, type WorkerContext } from './attempt/run-attempt.js';
import { createGroup } from './create-group.js';
import { createUser } from './create-user.js';
import { enterRooms } from './enter-rooms.js';
import { findPlaces } from './find-places.js';
import { getUser } from './get-user.js';
import { getUsers } from './get-users.js';
import { joinGroups } from './join-groups.js';
import { sendActivationMail } from './send-activation-mail.js';
import { updateUserRole } from './update-user-role.js';
import { updateUserRoles } from './update-user-roles.js';

export type Activities = ReturnType<typeof createActivities>;

interface ActivitiesOptions {
  portal: Portal;
  /** How long to wait after an unclear create before another is sent. */
  settleWindow: number;
  /** Makes the id of the run that creates a group. With a codec, it is a keyed hash. */
  creationIdFor?: typeof groupCreationId;
}

/** The activities of a worker that serves one portal: the steps of one person and of a group, and the mail. */
export function createActivities({ portal, settleWindow, creationIdFor = groupCreationId }: ActivitiesOptions) {
  const worker: WorkerContext = {
    portal,
    settleWindowMs: settleWindow,
    creationIdFor,
    traits: { documentedRoleIgnored: false, keepsNotes: undefined },
    breaker: new CircuitBreaker(),
    clock: new SuspensionAwareClock(),
  };
  const activity =
    <Request extends PortalRequest, Result>(step: Step<Request, Result>) =>
    (request: Request) =>
      runAttempt(worker, request, step);

  return {
    createUser: activity(createUser),
    getUser: activity(getUser),
    updateUserRole: activity(updateUserRole),
    findPlaces: activity(findPlaces),
    joinGroups: activity(joinGroups),
    enterRooms: activity(enterRooms),
    sendActivationMail: activity(sendActivationMail),
    getUsers: activity(getUsers),
    updateUserRoles: activity(updateUserRoles),
    addToPlaces: activity(addToPlaces),
    createGroup: activity(createGroup),
  };
}
