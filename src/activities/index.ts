import type { Portal } from '../docspace/portal.js';
import { createUser, type CreateUserRequest, type CreatedUser } from './create-user.js';
import { getUser, type GetUserRequest, type GottenUser } from './get-user.js';
import { perform } from './perform.js';
import { updateUserRole, type UpdateUserRoleRequest, type UpdatedUserRole } from './update-user-role.js';

export type Activities = ReturnType<typeof createActivities>;

/** The three steps of an onboarding, for a worker that serves one portal. */
export function createActivities({ portal }: { portal: Portal }) {
  /** Once seen, never asked again: a portal that ignores the documented call goes on ignoring it. */
  const learned = { documentedRoleIgnored: false };

  return {
    createUser: (request: CreateUserRequest): Promise<CreatedUser> =>
      perform(portal, request, (signal) => createUser(portal, request, signal)),

    getUser: (request: GetUserRequest): Promise<GottenUser> =>
      perform(portal, request, (signal) => getUser(portal, request, signal)),

    updateUserRole: (request: UpdateUserRoleRequest): Promise<UpdatedUserRole> =>
      perform(portal, request, (signal) => updateUserRole(portal, learned, request, signal)),
  };
}
