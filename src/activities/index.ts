import type { Portal } from '../docspace/portal.js';
import { CircuitBreaker } from './attempt/circuit-breaker.js';
import { createUser } from './create-user.js';
import { getUser, type GottenUser } from './get-user.js';
import { getUsers } from './get-users.js';
import type { PortalTraits } from './portal-traits.js';
import { SuspensionAwareClock } from './attempt/lease.js';
import { runAttempt } from './attempt/run-attempt.js';
import { updateUserRole } from './update-user-role.js';
import { updateUserRoles } from './update-user-roles.js';
import type {
  CreateUserRequest,
  CreatedUser,
  FoundUser,
  GetUserRequest,
  GetUsersRequest,
  UpdateUserRoleRequest,
  UpdateUserRolesRequest,
  UpdatedUserRole,
  UpdatedUserRoles,
} from '../contract/steps.js';

export type Activities = ReturnType<typeof createActivities>;

export interface ActivitiesOptions {
  portal: Portal;
  /** Milliseconds after a lost create before another is sent. */
  settleWindow: number;
}

/** The three steps of an onboarding, for a worker that serves one portal. */
export function createActivities({ portal, settleWindow }: ActivitiesOptions) {
  const serving = { portal, breaker: new CircuitBreaker(), clock: new SuspensionAwareClock() };
  const learned: PortalTraits = { documentedRoleIgnored: false, keepsNotes: undefined };

  return {
    createUser: (request: CreateUserRequest): Promise<CreatedUser> =>
      runAttempt(serving, request, (attempt) => createUser(portal, learned, { settleWindow }, request, attempt)),

    getUser: (request: GetUserRequest): Promise<GottenUser> =>
      runAttempt(serving, request, (attempt) => getUser(portal, request, attempt)),

    updateUserRole: (request: UpdateUserRoleRequest): Promise<UpdatedUserRole> =>
      runAttempt(serving, request, (attempt) => updateUserRole(portal, learned, request, attempt)),

    getUsers: (request: GetUsersRequest): Promise<(FoundUser | null)[]> =>
      runAttempt(serving, request, (attempt) => getUsers(portal, request, attempt)),

    updateUserRoles: (request: UpdateUserRolesRequest): Promise<UpdatedUserRoles> =>
      runAttempt(serving, request, (attempt) => updateUserRoles(portal, learned, request, attempt)),
  };
}
