import { tsToMs } from '@temporalio/common/lib/time.js';
import type { HistoryEvent, Payloads } from '../../client/run-history.js';
import type { ShownRole } from '../../domain/roles.js';
import {
  changeRole,
  takeOver,
  type OnboardingInput,
  type RoleChangeEntry,
  type TakeOver,
} from '../../contract/onboarding.js';
import type { PlacesState } from '../../contract/onboarding-places.js';
import { changePlaces, parsePlaceChange, parsePlaceList, pickPlaces, type FoundGroup } from '../../contract/places.js';
import { parseRoleChange } from '../../contract/role-change.js';
import { RoleChangeLog, type RoleChangeState } from '../../contract/role-change-log.js';
import type { StepResult, UpdateUserRoleRequest } from '../../contract/steps.js';
import { isUndecided, PlaceLog, type PlaceEntry, type Sender } from './place-log.js';

/** Decodes the first of an event's payloads. */
export type Decode = (payloads: Payloads) => Promise<unknown>;

export type AuditEntry = RoleEntry | PlaceEntry;

/** A role change, reconstructed from the histories. */
export interface RoleEntry extends Omit<RoleChangeEntry, 'state'> {
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

type AuditState = RoleChangeState<RoleEntry> & PlacesState;

/**
 * Reconstructs the result of each change from the events of an onboarding's runs, oldest first. It follows the same
 * rules as the workflow. An outcome lists only the last changes; this one releases each change once it is decided.
 */
export class Audit {
  private readonly state: AuditState = { ...noRequest(), superseded: [], roleChanges: [] };
  private readonly log = new RoleChangeLog(this.state);
  private readonly places = new PlaceLog(this.state);
  /** The step in progress, and the event that scheduled it. */
  private step: { name: string; scheduledBy: string } | undefined;
  /** The end of that step. It waits for the next workflow task, which handles signals first, even later ones. */
  private stepEnd: (() => void) | undefined;
  private isFirst = true;
  private chunks: readonly unknown[] = [];

  constructor(private readonly decode: Decode) {}

  /** @returns the changes that are decided after this event */
  async handle(event: HistoryEvent, runId: string): Promise<AuditEntry[]> {
    const at = new Date(tsToMs(event.eventTime)).toISOString();
    const { workflowExecutionStartedEventAttributes: started, workflowExecutionSignaledEventAttributes: signaled } =
      event;
    const sender = { by: (started ?? signaled)?.identity ?? '', at, runId };
    if (started) this.startRun((await this.decode(started.input)) as Partial<OnboardingInput> | null, sender);
    this.isFirst = false;

    if (signaled?.signalName === changeRole.name) {
      const change = await this.decode(signaled.input);
      this.log.add({ ...parseRoleChange(change, sender.by, at, this.places.guestProblem), runId });
    }
    if (signaled?.signalName === changePlaces.name)
      this.places.request(parsePlaceChange(await this.decode(signaled.input)), sender);
    if (signaled?.signalName === takeOver.name) {
      this.takeOver((await this.decode(signaled.input)) ?? {});
    }
    const isClosed = closings.some((name) => event[name]);
    if (event.workflowTaskStartedEventAttributes || isClosed) this.endStep();

    const scheduled = event.activityTaskScheduledEventAttributes;
    const name = scheduled?.activityType?.name ?? '';
    if (scheduled && name !== 'sendActivationMail') {
      this.endStep();
      this.step = { name, scheduledBy: String(event.eventId) };
    }
    if (name === 'updateUserRole') {
      const { requestedRole = '' } = (await this.decode(scheduled?.input)) as Partial<UpdateUserRoleRequest>;
      this.state.requestedRole = requestedRole; // a run that the server has deleted may have requested it
      this.log.startApplying();
    }
    if (name === 'findPlaces') this.places.startLookUp();
    await this.takeStepEnd(event, at);
    const child = event.childWorkflowExecutionCompletedEventAttributes;
    if (child) this.places.recordCreated((await this.decode(child.result)) as FoundGroup | null, at);
    if (isClosed) this.closeRun();
    return this.decided();
  }

  /** The changes that no event has decided, and those that follow them. */
  rest(): AuditEntry[] {
    this.endStep();
    return [...this.decided(), ...inOrder(this.state.roleChanges, this.places.entries)];
  }

  /** The oldest run on the server may continue runs that are already deleted. */
  private startRun(input: Partial<OnboardingInput> | null, sender: Sender): void {
    const { role = '', continued, chunk } = input ?? {};
    this.step = undefined;
    this.chunks = [chunk, ...(continued?.chunks ?? [])];
    if (!continued) Object.assign(this.state, noRequest(), { requestedRole: role });
    else {
      const { requestedRole, isRolePending, roleBeingApplied, hasRoleChange, roleChanges } = continued;
      const { placeRequests = [], role: shownRole } = continued;
      Object.assign(this.state, noPlaces(), pickPlaces(continued), { placeRequests, role: shownRole });
      if (this.isFirst) {
        Object.assign(this.state, { requestedRole, isRolePending, roleBeingApplied, hasRoleChange });
        this.state.roleChanges.push(...roleChanges.map((change) => ({ ...change, runId: sender.runId })));
      }
    }
    if (!continued?.groups) this.requestPlaces(input ?? {}, chunk === undefined ? sender : undefined);
  }

  private takeOver({ chunk, isReminder, ...places }: Partial<TakeOver>): void {
    if (isReminder && this.chunks.includes(chunk)) return;
    this.chunks = [...this.chunks, chunk];
    this.requestPlaces(places);
  }

  /** @param sender absent if an import requests the places, because the history lists these elsewhere */
  private requestPlaces({ groups, rooms, createGroups }: Partial<OnboardingInput>, sender?: Sender): void {
    const [join, enter] = [parsePlaceList(groups) ?? [], parsePlaceList(rooms) ?? []];
    if (join.length + enter.length === 0) return;
    this.places.request({ join, enter, ...(createGroups && { mayCreate: true }) }, sender);
  }

  private async takeStepEnd(event: HistoryEvent, at: string): Promise<void> {
    const completed = event.activityTaskCompletedEventAttributes;
    const failed = event.activityTaskFailedEventAttributes ?? event.activityTaskTimedOutEventAttributes;
    const { scheduledEventId } = completed ?? failed ?? {};
    if (this.step === undefined || this.step.scheduledBy !== String(scheduledEventId)) return;
    const isRoleUpdate = this.step.name === 'updateUserRole';
    this.step = undefined;
    if (failed) {
      if (isRoleUpdate) this.stepEnd = () => void this.log.fail();
      return;
    }
    const result = ((await this.decode(completed?.result)) ?? {}) as StepResult;
    this.stepEnd = () => {
      this.state.role = result.role ?? this.state.role;
      if (isRoleUpdate) this.confirmRole(result, at);
      else this.places.recordResult(result, at);
    };
  }

  private confirmRole({ from, role: shown }: StepResult, at: string): void {
    for (const entry of this.state.roleChanges) if (entry.state === 'applying' && shown) entry.shown = shown;
    this.log.confirm(at, from);
  }

  private endStep(): void {
    this.stepEnd?.();
    this.stepEnd = undefined;
  }

  private closeRun(): void {
    for (const entry of this.state.roleChanges) if (isOpen(entry)) entry.state = 'not-applied';
    this.places.close();
  }

  /** Releases what is older than every undecided change. */
  private decided(): AuditEntry[] {
    const { roleChanges } = this.state;
    const { entries } = this.places;
    const undecided = [roleChanges.find(isOpen), entries.find(isUndecided)].flatMap((entry) => entry?.at ?? []);
    const until = undecided.toSorted()[0];
    const isReleased = (entry: AuditEntry): boolean => until === undefined || entry.at < until;
    return inOrder(releaseWhile(roleChanges, isReleased), releaseWhile(entries, isReleased));
  }
}

const noPlaces = (): Pick<AuditState, 'groups' | 'rooms' | 'placeRequests' | 'role'> => ({
  groups: [],
  rooms: [],
  placeRequests: [],
  role: null,
});

const noRequest = (): Omit<AuditState, 'superseded' | 'roleChanges'> => ({
  requestedRole: '',
  isRolePending: true,
  roleBeingApplied: '',
  hasRoleChange: false,
  ...noPlaces(),
});

function isOpen({ state }: RoleEntry): boolean {
  return state === 'waiting' || state === 'applying';
}

/** Takes entries from the beginning of a list. */
function releaseWhile<Entry>(entries: Entry[], isReleased: (entry: Entry) => boolean): Entry[] {
  const end = entries.findIndex((entry) => !isReleased(entry));
  return entries.splice(0, end === -1 ? entries.length : end);
}

function inOrder(roleChanges: readonly RoleEntry[], places: readonly PlaceEntry[]): AuditEntry[] {
  return [...roleChanges, ...places].toSorted((one, other) => one.at.localeCompare(other.at));
}
