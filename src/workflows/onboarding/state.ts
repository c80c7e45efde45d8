import { workflowInfo } from '@temporalio/workflow';
import type { ShownRole } from '../../domain/roles.js';
import type {
  Attention,
  AttentionFound,
  OnboardingState,
  RoleChangeEntry,
  StepName,
  StepStatus,
} from '../../contract/onboarding.js';
import type { StepFinding } from '../steps/steps.js';

/** A step that waits for a person: what it found, what it knew, and how often it has waited before. */
export interface Parking {
  name: StepName;
  found: AttentionFound;
  carried: unknown;
  times: number;
}

/** All that an onboarding knows, as plain data: what one run leaves to the next when its history grows long. */
export interface Memory {
  /** When the first run began, in milliseconds since 1970. */
  began: number;
  state: OnboardingState;
  userId: string | null;
  role: ShownRole | null;
  created: boolean;
  attention: Attention | null;
  steps: Record<StepName, StepStatus>;
  parking?: Parking;
  /** When the role window closes, in milliseconds since 1970. */
  windowEnds?: number;
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

/** What is known at the start. */
export function freshMemory(requestedRole: string): Memory {
  return {
    began: workflowInfo().startTime.getTime(),
    state: 'running',
    userId: null,
    role: null,
    created: false,
    attention: null,
    steps: { create: { state: 'waiting' }, get: { state: 'waiting' }, updateRole: { state: 'waiting' } },
    requestedRole,
    changePending: true,
    applying: '',
    changed: false,
    superseded: [],
    changes: [],
  };
}

/** Keeps what a step found out. */
export function learn(memory: Memory, name: StepName, { id, role, created, from, by }: StepFinding): void {
  memory.userId = id ?? memory.userId;
  memory.role = role ?? memory.role;
  memory.created = created ?? memory.created;
  memory.steps[name] = { state: 'done', ...(from && { from }), ...(role && { role }), ...(by && { by }), at: now() };
  delete memory.parking;
}

/** What an activity found, from now on. */
export function attentionOf({ reason, message, hint }: AttentionFound): Attention {
  return { reason, message, hint, since: now() };
}

/** Whether a run should go on as a new one, by the server's own count of events and bytes. */
export function isLong(): boolean {
  return workflowInfo().continueAsNewSuggested;
}

/** The time that the history has, ISO 8601. */
export function now(): string {
  return new Date().toISOString();
}
