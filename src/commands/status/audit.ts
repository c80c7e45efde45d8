import { tsToMs } from '@temporalio/common/lib/time.js';
import type { HistoryEvent, Payloads } from '../../client/run-history.js';
import type { ShownRole } from '../../domain/roles.js';
import { changeRole, type OnboardingInput, type RoleChangeEntry } from '../../contract/onboarding.js';
import { changePlaces, isInGroup, parsePlaceChange } from '../../contract/places.js';
import { guestProblem } from '../../domain/place-names.js';
import { parseRoleChange } from '../../contract/role-change.js';
import { RoleChangeLog, type RoleChangeState } from '../../contract/role-change-log.js';
import type { UpdatedUserRole, UpdateUserRoleRequest } from '../../contract/steps.js';

/** Decodes the first of an event's payloads. */
export type Decode = (payloads: Payloads) => Promise<unknown>;

/** A role change, reconstructed from the histories. */
export interface AuditEntry extends Omit<RoleChangeEntry, 'state'> {
  /** `not-applied`: the run ended before the portal showed the role. */
  state: RoleChangeEntry['state'] | 'not-applied';
  /** The role that the portal showed then. The requested word may be an alias. */
  shown?: ShownRole;
  runId: string;
}

const closings = [
  'workflowExecutionCompletedEventAttributes',
  'workflowExecutionFailedEventAttributes',
  'workflowExecutionCanceledEventAttributes',
  'workflowExecutionTerminatedEventAttributes',
  'workflowExecutionTimedOutEventAttributes',
] as const satisfies readonly (keyof HistoryEvent)[];

/**
 * Reconstructs the result of each role change from the events of an onboarding's runs, oldest first. It follows the same
 * rule as the workflow. An outcome lists only the last changes; this one releases each change once it is decided.
 */
export class Audit {
  private readonly state: RoleChangeState<AuditEntry> = { ...noRequest, superseded: [], roleChanges: [] };
  private readonly log = new RoleChangeLog(this.state);
  /** The event that scheduled the `updateRole` step in progress. */
  private scheduledBy: string | undefined;
  /** The end of that step. It waits for the next workflow task, which handles signals first, even later ones. */
  private stepEnd: (() => void) | undefined;
  private isFirst = true;
  /** Groups by name or id. A person in a group cannot become a Guest. */
  private groups = new Set<string>();

  constructor(private readonly decode: Decode) {}

  /** @returns the changes that are decided after this event */
  async take(event: HistoryEvent, runId: string): Promise<AuditEntry[]> {
    const at = new Date(tsToMs(event.eventTime)).toISOString();
    const started = event.workflowExecutionStartedEventAttributes;
    if (started) this.startRun((await this.decode(started.input)) as Partial<OnboardingInput> | null, runId);
    this.isFirst = false;

    const signaled = event.workflowExecutionSignaledEventAttributes;
    if (signaled?.signalName === changeRole.name) {
      const change = await this.decode(signaled.input);
      const entry = parseRoleChange(change, signaled.identity ?? '', at, guestProblem(this.groups));
      this.log.add({ ...entry, runId });
    }
    if (signaled?.signalName === changePlaces.name) this.takePlaceChange(await this.decode(signaled.input));
    const isClosed = closings.some((name) => event[name]);
    if (event.workflowTaskStartedEventAttributes || isClosed) this.endStep();

    const scheduled = event.activityTaskScheduledEventAttributes;
    if (scheduled?.activityType?.name === 'updateUserRole') {
      this.endStep();
      const { requestedRole = '' } = (await this.decode(scheduled.input)) as Partial<UpdateUserRoleRequest>;
      this.scheduledBy = String(event.eventId);
      this.state.requestedRole = requestedRole; // a run that the server has deleted may have requested it
      this.log.startApplying();
    }
    await this.takeStepEnd(event, at);
    if (isClosed) this.closeRun();
    return this.decided();
  }

  /** The changes that no event has decided, and those that follow them. */
  rest(): AuditEntry[] {
    this.endStep();
    return [...this.decided(), ...this.state.roleChanges];
  }

  /** The oldest run on the server may continue runs that are already deleted. */
  private startRun(input: Partial<OnboardingInput> | null, runId: string): void {
    const { role = '', continued, groups = [] } = input ?? {};
    const joined = (continued?.groups ?? []).filter(isInGroup).map(({ name }) => name);
    this.groups = new Set(continued ? joined : groups);
    if (!continued) Object.assign(this.state, noRequest, { requestedRole: role });
    else if (this.isFirst) {
      const { requestedRole, isRolePending, roleBeingApplied, hasRoleChange, roleChanges } = continued;
      Object.assign(this.state, { requestedRole, isRolePending, roleBeingApplied, hasRoleChange });
      this.state.roleChanges.push(...roleChanges.map((change) => ({ ...change, runId })));
    }
    this.scheduledBy = undefined;
  }

  private takePlaceChange(change: unknown): void {
    const { join = [], leave = [] } = parsePlaceChange(change);
    for (const group of join) this.groups.add(group);
    for (const group of leave) this.groups.delete(group);
  }

  private async takeStepEnd(event: HistoryEvent, at: string): Promise<void> {
    const completed = event.activityTaskCompletedEventAttributes;
    const failed = event.activityTaskFailedEventAttributes ?? event.activityTaskTimedOutEventAttributes;
    const { scheduledEventId } = completed ?? failed ?? {};
    if (this.scheduledBy === undefined || this.scheduledBy !== String(scheduledEventId)) return;
    this.scheduledBy = undefined;
    if (failed) {
      this.stepEnd = () => void this.log.fail();
      return;
    }
    const { from, role: shown } = (await this.decode(completed?.result)) as UpdatedUserRole;
    this.stepEnd = () => {
      for (const entry of this.state.roleChanges) if (entry.state === 'applying') entry.shown = shown;
      this.log.confirm(at, from);
    };
  }

  private endStep(): void {
    this.stepEnd?.();
    this.stepEnd = undefined;
  }

  private closeRun(): void {
    for (const entry of this.state.roleChanges) if (isOpen(entry)) entry.state = 'not-applied';
  }

  private decided(): AuditEntry[] {
    const { roleChanges } = this.state;
    const open = roleChanges.findIndex(isOpen);
    return roleChanges.splice(0, open === -1 ? roleChanges.length : open);
  }
}

const noRequest = { requestedRole: '', isRolePending: true, roleBeingApplied: '', hasRoleChange: false };

function isOpen({ state }: AuditEntry): boolean {
  return state === 'waiting' || state === 'applying';
}
