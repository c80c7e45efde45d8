import type { ShownRole } from '../domain/roles.js';
import type { CreateAttemptLog } from '../domain/create-rule.js';

/** What every step is told. */
export interface StepRequest {
  /** Origin of the portal that is meant. */
  portal: string;
  /** What the step knew when it parked. */
  resumeFrom?: unknown;
  /** A person has released this step: it asks the portal, whatever the breaker says. */
  resumed?: boolean;
}

export interface CreateUserRequest extends StepRequest {
  /** The id of the onboarding, which marks the account as its own. */
  onboardingId: string;
  /** When the onboarding began, in milliseconds since 1970. */
  startedAt: number;
  email: string;
  firstName: string;
  lastName: string;
  role: string;
  existing: 'fail' | 'adopt';
  mail: boolean;
  /** What the step knew when it parked; `unknown` where it could not say. */
  resumeFrom?: CreateAttemptLog | 'unknown';
}

export interface CreatedUser {
  id: string;
  role: ShownRole;
  /** Whether this onboarding made the account. */
  created: boolean;
}

export interface GetUserRequest extends StepRequest {
  email: string;
  /** Without one, the account is looked up by its e-mail. */
  id?: string;
}

export interface UpdateUserRoleRequest extends StepRequest {
  email: string;
  id: string;
  /** The role as it was asked for: the documented call takes the word as it is. */
  requested: string;
  /** What the step before has just read, which saves a call; a later attempt reads for itself. */
  shown?: ShownRole;
  /** Whether a role above the wanted one may be taken down. */
  allowDemotion: boolean;
}

export interface UpdatedUserRole {
  /** What the portal showed before. */
  from: ShownRole;
  role: ShownRole;
  /** The call after which the portal showed the role; none where it showed it before. */
  by?: string;
}

/** What a step found out; an outcome is made of nothing else. */
export interface StepResult {
  id?: string;
  role?: ShownRole;
  created?: boolean;
  from?: ShownRole;
  by?: string;
}

export type StepName = 'create' | 'get' | 'updateRole';

export interface StepStatus {
  state: 'waiting' | 'running' | 'retrying' | 'done' | 'skipped' | 'failed';
  /** When the state was reached, ISO 8601. */
  at?: string;
  /** The role that the portal showed when the step ended. */
  role?: ShownRole;
  /** For updateRole: the role that the portal showed before. */
  from?: ShownRole;
  /** For updateRole: the call that made the portal show the role. */
  by?: string;
  /** The last failure of the step; with `attempt` and `nextAttemptAt` filled in by the starter. */
  lastFailure?: string;
  attempt?: number;
  nextAttemptAt?: string;
}
