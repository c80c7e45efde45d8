import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { Duration } from '@temporalio/common';
import type { ShownRole } from '../domain/roles.js';
import type { AttentionReason } from './attention-reasons.js';
import type { GroupPlace, PlaceRequest, RequestedPlaces, RoomPlace } from './places.js';
import type { MailStatus, StepName, StepStatuses } from './steps.js';

/** The contract of an onboarding between the starter, the worker, the Temporal CLI and the Web UI. */

/** The workflow id of a person's onboarding. Temporal keeps at most one open run per id. */
export const onboardingId = (email: string): string => `onboard:${email}`;

/** The input of `onboardUser`. */
export interface OnboardingInput extends RequestedPlaces {
  email: string;
  /** Origin of the portal. A worker that serves another portal makes no call. */
  portal: string;
  /** Names and role are required unless `roleOnly` is set. */
  firstName?: string;
  lastName?: string;
  /** A role or an alias of one, as requested. */
  role?: string;
  /** What to do if somebody else created the account: `fail` (default), or `adopt` to continue with it. */
  existing?: 'fail' | 'adopt';
  /** `false` creates the account without an activation mail. */
  mail?: boolean;
  /** How long the onboarding accepts role changes after the steps, `7d` by default. */
  roleWindow?: Duration;
  /** How long Temporal retries a step before the onboarding needs attention, `24h` by default. */
  giveUpAfter?: Duration;
  /** Lowers the role if the portal shows a higher one than requested. */
  allowDemotion?: boolean;
  /**
   * Looks the account up, until the settle window has passed, before it creates one: an earlier run may have sent a
   * create. `true` by default, because a run cannot know that. The starter can find out.
   */
  lookUpBeforeCreate?: boolean;
  /** Only changes the role or places of an existing account: creates nobody, and closes without a role window. */
  roleOnly?: boolean;
  /** The chunk that handed this person over. It gets a report each time the onboarding settles. */
  chunk?: string;
  /** The state of the previous run, or what the chunk that handed this person over knows. Nobody else sets it. */
  continued?: OnboardingState;
}

/** Why an onboarding needs attention, and what to do. */
export interface Attention {
  reason: AttentionReason;
  message: string;
  hint: string;
  /** ISO 8601. */
  since: string;
}

/** What an activity reports if its step needs attention. */
export interface AttentionDetails extends Omit<Attention, 'since'> {
  /** The problem concerns everybody at this portal and may pass, so the onboarding also checks again by itself. */
  portalWide?: boolean;
  /** When to check again, if the portal named a time. */
  recheckAfterMs?: number;
}

export type OnboardingStatus = 'running' | 'onboarded' | 'kept-higher' | 'needs-attention' | 'failed' | 'cancelled';

/** Everything known about an onboarding. The `status` query, the workflow's result and `--json` return it. */
export interface Outcome {
  email: string;
  workflowId: string;
  runId: string;
  state: OnboardingStatus;
  userId: string | null;
  requestedRole: string | null;
  /** What the portal showed last, never what was requested. */
  role: ShownRole | null;
  /** The name at the portal, if another one was requested. */
  otherName?: string;
  /** Whether this run created the account. */
  created: boolean;
  /** What happened to the activation mail. */
  mail: MailStatus;
  portal: string;
  steps: StepStatuses;
  /** Present once somebody requested a group or a room, as `rooms` is. */
  groups?: GroupPlace[];
  rooms?: RoomPlace[];
  attention: Attention | null;
  /** Requested roles that a later change replaced before the portal showed them, oldest first. */
  superseded: string[];
  /** The last role changes, oldest first. */
  roleChanges: RoleChangeEntry[];
}

/** A role change as the outcome lists it. The workflow's history has all of them. */
export interface RoleChangeEntry {
  role: string;
  reason?: string;
  /** Identity of the client that sent it. */
  by: string;
  /** When it arrived, ISO 8601. */
  at: string;
  state: 'waiting' | 'applying' | 'applied' | 'superseded' | 'refused';
  /** The role that the portal showed before. */
  from?: ShownRole;
  /** When a profile that was read back showed the role. */
  confirmedAt?: string;
  /** Why it was refused. */
  message?: string;
}

/** A role name, or a role name with a reason for the audit. */
export type RoleChange = string | { role: string; reason?: string };

export const changeRole = defineSignal<[RoleChange]>('changeRole');
export const retry = defineSignal('retry');

/** A chunk's request to the open onboarding of a person in its file. */
export interface TakeOver extends RequestedPlaces {
  /** The chunk that gets a report each time the onboarding settles. */
  chunk: string;
  portal: string;
  /** The name in its file. */
  firstName?: string;
  lastName?: string;
  role: string;
  allowDemotion: boolean;
  /** The chunk has sent the same request before, and got no report. A run that knows the chunk does not request it again. */
  isReminder?: boolean;
}

/** From a chunk: raise the role to the one in the file, and report to the chunk. */
export const takeOver = defineSignal<[TakeOver]>('takeOver');
export const status = defineQuery<Outcome>('status');
/**
 * Returns once the onboarding has settled: its role is confirmed, it needs attention, it failed or it was cancelled.
 * If the run continues as new, the update fails with the type `Continued`, and the caller asks again.
 */
export const untilSettled = defineUpdate<Outcome>('untilSettled');
/** The same update, but an onboarding that has already settled reads the portal again before it returns. */
export const untilReadAgain = defineUpdate<Outcome, [{ readAgain: true }]>('untilSettled');

/** Types of the failures that close a run, or that tell the workflow what an activity decided. */
export const failureTypes = {
  /** The run ended without success. Its first detail is the {@link Outcome}. */
  onboardingFailed: 'OnboardingFailed',
  /** The run continues as new. Whoever waits for it asks the new run. */
  continued: 'Continued',
  /** Only an operator can unblock the step. The details are {@link AttentionDetails} and the step's note. */
  needsAttention: 'NeedsAttention',
  /** The onboarding can never succeed for this person. */
  permanent: 'PermanentFailure',
  /** A chunk cannot continue with this person. The detail is the step's note. */
  handOver: 'HandOver',
  /** The portal did not answer as it should. Temporal retries the step. */
  portalUnavailable: 'PortalUnavailable',
  /** The portal limits the number of calls. Temporal retries the step when the portal allows it. */
  rateLimited: 'RateLimited',
} as const;

/** A step that needs attention. */
export interface PendingAttention {
  step: StepName;
  details: AttentionDetails;
  /** How many times the step was rechecked without an operator. */
  rechecks: number;
}

/** All that an onboarding knows, as plain data. A run with a long history passes it to the next run. */
export interface OnboardingState extends Omit<Outcome, 'email' | 'portal' | 'workflowId' | 'runId' | 'requestedRole'> {
  /** When the first run began, in milliseconds since 1970. */
  startedAt: number;
  /** What each unfinished step passes to its next attempt. */
  notes: Partial<Record<StepName, unknown>>;
  pendingAttention?: PendingAttention;
  /** When the role window closes, in milliseconds since 1970. Absent until the portal has shown the role. */
  roleWindowEndsAt?: number;
  /** When a write whose answer was lost was last sent to this account, in milliseconds since 1970. */
  lastUnclearWriteAt?: number;
  /** The create was unclear, and no `updateUserRole` has succeeded since. */
  needsRoleReset?: 'Guest' | 'User';
  /** The role that was requested last; empty if none was. */
  requestedRole: string;
  /** Whether the requested role has not been applied yet. */
  isRolePending: boolean;
  /** The role that `updateRole` is applying; empty if none is. */
  roleBeingApplied: string;
  /** Whether `changeRole` requested the role. Such a request may lower a role. */
  hasRoleChange: boolean;
  /** Requests whose names have not been looked up yet. */
  placeRequests?: PlaceRequest[];
  /** The chunks that get a report each time the onboarding settles. */
  chunks?: string[];
}
