import type { Portal } from '../docspace/portal.js';
import { CircuitBreaker } from './attempt/circuit-breaker.js';
import { enterRooms } from './enter-rooms.js';
import { findPlaces } from './find-places.js';
import { joinGroups } from './join-groups.js';
import { addToPlaces } from './add-to-places.js';
import { createGroup } from './create-group.js';
import { createUser } from './create-user.js';
import { getUser, type UserProfile } from './get-user.js';
import { getUsers } from './get-users.js';
import type { PortalTraits } from './portal-traits.js';
import { SuspensionAwareClock } from './attempt/lease.js';
import { runAttempt } from './attempt/run-attempt.js';
import { sendActivationMail } from './send-activation-mail.js';
import { updateUserRole } from './update-user-role.js';
import { updateUserRoles } from './update-user-roles.js';
import type {
  AddToPlacesRequest,
  CreateGroupRequest,
  CreateUserRequest,
  CreatedUser,
  EnterRoomsRequest,
  FindPlacesRequest,
  FoundUser,
  GetUserRequest,
  GetUsersRequest,
  JoinGroupsRequest,
  SendActivationMailRequest,
  UpdateUserRoleRequest,
  UpdateUserRolesRequest,
  UpdatedUserRole,
  UpdatedUserRoles,
} from '../contract/steps.js';
import {
  groupCreationId,
  type FoundGroup,
  type FoundPlaces,
  type GroupPlace,
  type RoomPlace,
} from '../contract/places.js';

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
  const worker = { portal, breaker: new CircuitBreaker(), clock: new SuspensionAwareClock() };
  const traits: PortalTraits = { documentedRoleIgnored: false, keepsNotes: undefined };
  const rule = { settleWindowMs: settleWindow };

  return {
    createUser: (request: CreateUserRequest): Promise<CreatedUser> =>
      runAttempt(worker, request, (attempt) => createUser(portal, traits, rule, request, attempt)),

    getUser: (request: GetUserRequest): Promise<UserProfile> =>
      runAttempt(worker, request, (attempt) => getUser(portal, request, attempt)),

    updateUserRole: (request: UpdateUserRoleRequest): Promise<UpdatedUserRole> =>
      runAttempt(worker, request, (attempt) => updateUserRole(portal, traits, rule, request, attempt)),

    findPlaces: (request: FindPlacesRequest): Promise<{ found: FoundPlaces }> =>
      runAttempt(worker, request, (attempt) => findPlaces(portal, creationIdFor, request, attempt)),

    createGroup: (request: CreateGroupRequest): Promise<FoundGroup> =>
      runAttempt(worker, request, (attempt) => createGroup(portal, rule, request, attempt)),

    addToPlaces: (request: AddToPlacesRequest): Promise<{ groups: GroupPlace[]; rooms: RoomPlace[] }[]> =>
      runAttempt(worker, request, (attempt) => addToPlaces(portal, request, attempt)),

    joinGroups: (request: JoinGroupsRequest): Promise<{ groups: GroupPlace[] }> =>
      runAttempt(worker, request, (attempt) => joinGroups(portal, request, attempt)),

    enterRooms: (request: EnterRoomsRequest): Promise<{ rooms: RoomPlace[] }> =>
      runAttempt(worker, request, (attempt) => enterRooms(portal, request, attempt)),

    getUsers: (request: GetUsersRequest): Promise<(FoundUser | null)[]> =>
      runAttempt(worker, request, (attempt) => getUsers(portal, request, attempt)),

    updateUserRoles: (request: UpdateUserRolesRequest): Promise<UpdatedUserRoles> =>
      runAttempt(worker, request, (attempt) => updateUserRoles(portal, traits, request, attempt)),

    sendActivationMail: (request: SendActivationMailRequest): Promise<void> =>
      runAttempt(worker, request, (attempt) => sendActivationMail(portal, request, attempt)),
  };
}
