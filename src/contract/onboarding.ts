import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { Duration } from '@temporalio/common';
import type { ShownRole } from '../domain/roles.js';
import type { AttentionReason } from './attention-reasons.js';
import type { StepName, StepStatus } from './steps.js';

/** The contract between the starter, the worker, the Temporal CLI and the Web UI. */

/** Ids are `onboard:<e-mail in its one form>`: one open onboarding for one person. */
export const onboardingId = (email: string): string => `onboard:${email}`;

/** What an onboarding is started with. */
export interface OnboardingInput {
  email: string;
  /** Origin of the portal: a worker that serves another one makes no call. */
  portal: string;
  /** First and last name and role are needed unless `roleOnly` is set. */
  firstName?: string;
  lastName?: string;
  /** A role or an alias of one, as it was asked for. */
  role?: string;
  /** What to do with an account that somebody else made: end as failed (default), or go on with it. */
  existing?: 'fail' | 'adopt';
  /** `false` creates the account without an activation mail. */
  mail?: boolean;
  /** How long role changes are taken after the steps, `7d` by default. */
  roleWindow?: Duration;
  /** How long a step is retried before the onboarding waits for a person, `24h` by default. */
  giveUpAfter?: Duration;
  /** Lower the role of an adopted account where it is above the wanted one. */
  allowDemotion?: boolean;
  /** A run before this one ended a moment ago and may have sent a create: look before anything is posted. */
  lookUpBeforeCreate?: boolean;
  /** Only apply a role change to the account that is there: nothing is created, and there is no role window. */
  roleOnly?: boolean;
  /** What the run before left: set by a run whose history has grown long, and by nobody else. */
  continued?: OnboardingState;
}

/** Why an onboarding waits for a person. */
export interface Attention {
  reason: AttentionReason;
  message: string;
  hint: string;
  /** ISO 8601. */
  since: string;
}

/** What an activity says of it. */
export interface AttentionFound {
  reason: AttentionReason;
  message: string;
  hint: string;
  /** It concerns everybody at this portal, and may pass: the onboarding looks again by itself. */
  portalWide?: boolean;
  /** Milliseconds until then, where the portal has said so. */
  wait?: number;
}

export type OnboardingStatus = 'running' | 'onboarded' | 'needs-attention' | 'failed' | 'cancelled';

/** What is known of an onboarding: the `status` query, the workflow's result and `--json` all give it. */
export interface Outcome {
  email: string;
  workflowId: string;
  runId: string;
  state: OnboardingStatus;
  userId: string | null;
  requestedRole: string | null;
  /** What the portal showed last, never what was asked for. */
  role: ShownRole | null;
  created: boolean;
  portal: string;
  steps: Record<StepName, StepStatus>;
  attention: Attention | null;
  /** Roles that a later change overtook before they were applied, oldest first. */
  superseded: string[];
  /** The last role changes, oldest first. */
  changes: RoleChangeEntry[];
}

/** A role change, for the audit: the history has the whole story. */
export interface RoleChangeEntry {
  role: string;
  reason?: string;
  /** The identity of the client that sent it. */
  by: string;
  /** When it came, ISO 8601. */
  at: string;
  state: 'waiting' | 'applied' | 'superseded' | 'refused';
  /** What the portal showed before. */
  from?: ShownRole;
  /** When the portal, read back, showed the role. */
  confirmedAt?: string;
  /** Why it was refused. */
  message?: string;
}

/** A role name, or a role name with the reason for the audit. */
export type RoleChange = string | { role: string; reason?: string };

export const changeRole = defineSignal<[RoleChange]>('changeRole');
export const retry = defineSignal('retry');
export const status = defineQuery<Outcome>('status');
/**
 * Returns as soon as the onboarding is onboarded, parked, failed or cancelled; fails with the type `Continued` where the run
 * goes on as a new one: ask again.
 */
export const untilSettled = defineUpdate<Outcome>('untilSettled');

/** Types of the failures that close a run or carry a decision from an activity to the workflow. */
export const failureTypes = {
  /** The run ended without success; its first detail is the {@link Outcome}. */
  onboardingFailed: 'OnboardingFailed',
  /** The run goes on as a new one, which knows all that this one knew: whoever waits asks that one. */
  continued: 'Continued',
  /** An activity found what only a person can mend; its details are the {@link AttentionFound} and what the step knows. */
  needsAttention: 'NeedsAttention',
  /** An activity found that this onboarding cannot succeed. */
  givenUp: 'GivenUp',
  /** The portal did not answer well; Temporal retries the step. */
  portalUnavailable: 'PortalUnavailable',
  /** The portal limits calls; Temporal retries when it said. */
  portalBusy: 'PortalBusy',
} as const;

/** A step that waits for a person: what it found, what it knew, and how often it has waited before. */
export interface PendingAttention {
  name: StepName;
  found: AttentionFound;
  resumeFrom: unknown;
  rechecks: number;
}

/** All that an onboarding knows, as plain data: what one run leaves to the next when its history grows long. */
export interface OnboardingState {
  /** When the first run began, in milliseconds since 1970. */
  startedAt: number;
  state: OnboardingStatus;
  userId: string | null;
  role: ShownRole | null;
  created: boolean;
  attention: Attention | null;
  steps: Record<StepName, StepStatus>;
  pendingAttention?: PendingAttention;
  /** When the role window closes, in milliseconds since 1970. */
  roleWindowEndsAt?: number;
  /** The role as it was asked for last; empty where none was. */
  requestedRole: string;
  /** The requested role is not the one that was applied last. */
  changePending: boolean;
  /** The role that updateRole works on, where another one is wanted by now. */
  applying: string;
  /** Whether somebody asked for another role: that may be a lower one. */
  changed: boolean;
  superseded: string[];
  changes: RoleChangeEntry[];
}
