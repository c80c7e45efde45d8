import type { ShownRole } from '../domain/roles.js';
import type { CreateAttemptLog } from '../domain/create-rule.js';
import type { FoundPlaces, GroupPlace, PlaceNames, RoomPlace } from './places.js';

/** The steps of an onboarding, in their order. Everything that lists steps derives from this table. */
export const steps = [
  { name: 'findPlaces', title: 'find places', activity: 'findPlaces', onlyForPlaces: true },
  { name: 'create', title: 'create user', activity: 'createUser' },
  { name: 'get', title: 'get user', activity: 'getUser' },
  { name: 'updateRole', title: 'update role', activity: 'updateUserRole' },
  { name: 'joinGroups', title: 'join groups', activity: 'joinGroups', onlyForPlaces: true },
  { name: 'enterRooms', title: 'enter rooms', activity: 'enterRooms', onlyForPlaces: true },
] as const;

type Step = (typeof steps)[number];

export type StepName = Step['name'];

/** The steps of every onboarding. */
type BasicStepName = Exclude<Step, { onlyForPlaces: true }>['name'];

/** The steps for groups and rooms are absent until somebody requests one. */
export type StepStatuses = Record<BasicStepName, StepStatus> & Partial<Record<StepName, StepStatus>>;

/** A value for each step of every onboarding. */
export function forEachBasicStep<Value>(valueFor: (name: BasicStepName) => Value): Record<BasicStepName, Value> {
  const basic = steps.flatMap((step) => ('onlyForPlaces' in step ? [] : step.name));
  return Object.fromEntries(basic.map((name) => [name, valueFor(name)])) as Record<BasicStepName, Value>;
}

/** The input of every activity. */
export interface PortalRequest {
  /** Origin of the portal that the activity is for. */
  portal: string;
  /** The note of an earlier execution that failed; `unknown` if it could not leave one. */
  resumeFrom?: unknown;
  /** An operator reset the run, so its earlier writes are unknown. */
  isResetRun?: true;
  /** An operator resumed the work, so the activity asks the portal even while the circuit breaker is open. */
  resumed?: boolean;
}

/** The input of every step of one person. */
export interface StepRequest extends PortalRequest {
  email: string;
  /** Id of the account, once it is known. */
  id?: string;
}

/** The name is compared with the profile. It is absent if none was requested. */
export interface ProfileRequest extends StepRequest {
  firstName?: string;
  lastName?: string;
}

export interface CreateUserRequest extends StepRequest {
  /** Id of the onboarding. It marks the account as created by this onboarding. */
  onboardingId: string;
  firstName: string;
  lastName: string;
  role: string;
  existing: 'fail' | 'adopt';
  mail: boolean;
  /** Fails with `HandOver` if a create may have been sent and is not confirmed. */
  handOverIfUnclear?: true;
  resumeFrom?: CreateAttemptLog | 'unknown';
}

/**
 * What happened to the activation mail: `sent` (by the confirmed create), `resent` (requested again after an unclear
 * create), `pending` (still to be requested again) or `none` (not requested, a Guest, or an existing account).
 */
export type MailStatus = 'sent' | 'resent' | 'pending' | 'none';

export interface CreatedUser {
  id: string;
  role: ShownRole;
  /** Whether this run created the account. */
  created: boolean;
  mail?: MailStatus;
  /** When a write whose answer was lost was last sent, by Temporal's clock. Absent if every answer arrived. */
  lastUnclearWriteAt?: number;
  /** After an unclear create: its type. A profile may show a wrong role until `updateUserRole` has reset it. */
  needsRoleReset?: 'Guest' | 'User';
}

/** Without an id, the account is looked up by its e-mail. */
export type GetUserRequest = ProfileRequest;

export interface UpdateUserRoleRequest extends ProfileRequest {
  id: string;
  /** The role as requested, which the documented call passes unchanged; empty to only read the account. */
  requestedRole: string;
  /** The role that the previous step has just read, to save a call. Later attempts read it again. */
  lastProfileRole?: ShownRole;
  /** Whether the role may be lowered. */
  allowDemotion: boolean;
  /** The latest value that a step of this onboarding returned. */
  lastUnclearWriteAt?: number;
  /** The value from `createUser`, until an `updateUserRole` succeeds. */
  needsRoleReset?: 'Guest' | 'User';
}

/** If the portal shows a higher role than requested, that role is kept and returned, unless `allowDemotion` is set. */
export interface UpdatedUserRole {
  /** What the portal showed before. */
  from: ShownRole;
  role: ShownRole;
  /** The name at the portal, if another one was requested. */
  otherName?: string;
  /** The call that changed the role; absent if no change was needed. */
  call?: string;
  /** As in {@link CreatedUser}. The next role change needs it. */
  lastUnclearWriteAt?: number;
}

/** Looks up groups and rooms by name or id. */
export type FindPlacesRequest = PortalRequest & PlaceNames;

/** Creates a group, unless the portal has one of this name. */
export interface CreateGroupRequest extends PortalRequest {
  name: string;
  resumeFrom?: CreateAttemptLog | 'unknown';
}

/** Makes the person a member of the groups, and takes them out of those they leave. */
export interface JoinGroupsRequest extends StepRequest {
  id: string;
  groups: GroupPlace[];
  /** Also takes the person out of every other group. */
  isExact?: true;
}

/** Gives the person the access to the rooms. A higher access is kept, unless the place may lower it. */
export interface EnterRoomsRequest extends StepRequest {
  id: string;
  rooms: RoomPlace[];
}

/** A person of a batch, with all their places. */
export interface PlacedPerson {
  id: string;
  email: string;
  /** This run created the account, so it may write. */
  isCreated?: true;
  groups: GroupPlace[];
  rooms: RoomPlace[];
}

/** Adds people of a batch to their groups and rooms. */
export interface AddToPlacesRequest extends PortalRequest {
  people: PlacedPerson[];
}

/**
 * Requests the activation mail again after an unclear create, once the role is confirmed and `mail` is `pending`. The
 * portal allows 5 in 15 minutes, so this can take hours. It runs during the role window, and the run stays open until
 * it ends.
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
  /** The run was reset, and a create from before may be unclear. So the role that the profile shows proves nothing. */
  isUnproven?: true;
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

/** What a step may return. Nothing else reaches the outcome. */
export type StepResult = Partial<
  CreatedUser & UpdatedUserRole & { found: FoundPlaces; groups: GroupPlace[]; rooms: RoomPlace[] }
>;

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
  /** The latest failure. While Temporal retries the step, the starter adds this, `attempt` and `nextAttemptAt`. */
  lastFailure?: string;
  attempt?: number;
  nextAttemptAt?: string;
}

/** Why a step failed; `undefined` if none did. */
export function failureIn(statuses: StepStatuses): string | undefined {
  return Object.values(statuses).find(({ state }) => state === 'failed')?.lastFailure;
}

/** The step that runs, or that Temporal retries, with its title. */
export function currentStep(statuses: StepStatuses): (StepStatus & { title: string }) | undefined {
  for (const { name, title } of steps) {
    const status = statuses[name];
    if (status?.state === 'running' || status?.state === 'retrying') return { title, ...status };
  }
  return undefined;
}
