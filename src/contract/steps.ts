import type { ShownRole } from '../domain/roles.js';
import type { CreateAttemptLog } from '../domain/create-rule.js';

/** The steps of an onboarding, in their order. Everything that lists steps derives from this table. */
export const steps = [
  { name: 'create', title: 'create user', activity: 'createUser' },
  { name: 'get', title: 'get user', activity: 'getUser' },
  { name: 'updateRole', title: 'update role', activity: 'updateUserRole' },
] as const;

export type StepName = (typeof steps)[number]['name'];

/** A value for each step. */
export function forEachStep<Value>(valueFor: (name: StepName) => Value): Record<StepName, Value> {
  return Object.fromEntries(steps.map(({ name }) => [name, valueFor(name)])) as Record<StepName, Value>;
}

/** What every activity is given. */
export interface PortalRequest {
  /** Origin of the portal that the activity is for. */
  portal: string;
  /** The note of an earlier execution that failed; `unknown` if it could not leave one. */
  resumeFrom?: unknown;
  /** An operator reset the run, so nobody knows what it wrote before. */
  isResetRun?: true;
  /** An operator resumed the work, so the activity asks the portal even while the circuit breaker is open. */
  resumed?: boolean;
}

/** What every step of one person is given. */
export interface StepRequest extends PortalRequest {
  email: string;
  /** Id of the account, once it is known. */
  id?: string;
}

export interface CreateUserRequest extends StepRequest {
  /** Id of the onboarding. It marks the account as created by this onboarding. */
  onboardingId: string;
  firstName: string;
  lastName: string;
  role: string;
  existing: 'fail' | 'adopt';
  mail: boolean;
  /** Fail with `HandOver` as soon as the create is neither confirmed nor certain not to have been sent. */
  handOverIfUnclear?: true;
  resumeFrom?: CreateAttemptLog | 'unknown';
}

/**
 * The activation mail: `sent` (the create answered), `resent` (the create was unclear, so the mail was requested again),
 * `pending` (it will be), `none` (not wanted, a Guest, or an account that existed).
 */
export type MailStatus = 'sent' | 'resent' | 'pending' | 'none';

export interface CreatedUser {
  id: string;
  role: ShownRole;
  /** Whether this run created the account. */
  created: boolean;
  mail?: MailStatus;
  /** When a write whose answer was lost was last sent, by Temporal's clock; absent if every answer arrived. */
  lastUnclearWriteAt?: number;
  /** The type of an unclear create: the role must be made and not found. The workflow passes it to `updateUserRole`. */
  needsRoleReset?: 'Guest' | 'User';
}

/** Without an id, the account is looked up by its e-mail. */
export type GetUserRequest = StepRequest;

export interface UpdateUserRoleRequest extends StepRequest {
  id: string;
  /** The role as requested. The documented call passes the word unchanged. */
  requestedRole: string;
  /** What the previous step has just read, which saves a call. A later attempt reads for itself. */
  lastProfileRole?: ShownRole;
  /** Whether the role may be lowered. */
  allowDemotion: boolean;
  /** The latest one that a step of this onboarding returned. */
  lastUnclearWriteAt?: number;
  /** As `createUser` returned it, until one `updateUserRole` has succeeded. */
  needsRoleReset?: 'Guest' | 'User';
}

/** A role above the requested one is returned as `role` and kept, unless `allowDemotion` is set. */
export interface UpdatedUserRole {
  /** What the portal showed before. */
  from: ShownRole;
  role: ShownRole;
  /** The call that changed the role; absent if no change was needed. */
  call?: string;
  /** As in {@link CreatedUser}: it matters to the next role change. */
  lastUnclearWriteAt?: number;
}

/**
 * Requests the activation mail of an account whose create was unclear, once the role is confirmed and `mail` is `pending`.
 * The portal allows 5 in 15 minutes, so it can take hours; it runs beside the role window, and the run does not close before.
 */
export type SendActivationMailRequest = StepRequest;

/** The accounts of a group, looked up together. */
export interface GetUsersRequest extends PortalRequest {
  people: { email: string; onboardingId?: string }[];
}

/** An account as the portal shows it. */
export interface FoundUser {
  id: string;
  role: ShownRole;
  firstName: string;
  lastName: string;
  /** Absent if the account is active. */
  state?: 'disabled' | 'invited';
  /** Whether the marker in its notes names the person's onboarding. */
  isOurs?: true;
}

/** Raises the role of accounts that this run created. */
export interface UpdateUserRolesRequest extends PortalRequest {
  /** The role as requested. The documented call passes the word unchanged. */
  requestedRole: string;
  users: { id: string; email: string }[];
}

export interface UpdatedUserRoles {
  /** What the portal showed afterwards, in the order of the request; `null` if it showed no account. */
  roles: (ShownRole | null)[];
  /** Milliseconds that the write took. */
  durationMs: number;
  /** Why the portal refused the rest of the group. */
  refusal?: string;
  /** As in {@link CreatedUser}. */
  lastUnclearWriteAt?: number;
}

/** What a step found out. An outcome consists of nothing else. */
export interface StepResult {
  id?: string;
  role?: ShownRole;
  created?: boolean;
  mail?: MailStatus;
  lastUnclearWriteAt?: number;
  needsRoleReset?: 'Guest' | 'User';
  from?: ShownRole;
  call?: string;
}

export interface StepStatus {
  state: 'waiting' | 'running' | 'retrying' | 'done' | 'skipped' | 'failed';
  /** When the step reached this state, ISO 8601. */
  at?: string;
  /** The role that the portal showed when the step ended. */
  role?: ShownRole;
  /** For `updateRole`: the role that the portal showed before. */
  from?: ShownRole;
  /** For `updateRole`: the call that changed the role. */
  call?: string;
  /** Why the step failed last. The starter adds it, `attempt` and `nextAttemptAt` while Temporal retries the step. */
  lastFailure?: string;
  attempt?: number;
  nextAttemptAt?: string;
}
