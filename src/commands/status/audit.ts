import type { History } from '@temporalio/common/lib/proto-utils.js';
import { tsToMs } from '@temporalio/common/lib/time.js';
import { parseRole, type Role, type ShownRole } from '../../domain/roles.js';
import { changeRole, type OnboardingInput, type RoleChangeEntry } from '../../contract/onboarding.js';
import { parseRoleChange } from '../../contract/role-change.js';
import type { UpdatedUserRole, UpdateUserRoleRequest } from '../../contract/steps.js';

export type HistoryEvent = NonNullable<History['events']>[number];
type Payloads = NonNullable<HistoryEvent['workflowExecutionSignaledEventAttributes']>['input'];

/** Reads what an event carries: the first of its payloads. */
export type Decode = (payloads: Payloads) => Promise<unknown>;

/** A role change as the histories have it. */
export interface AuditEntry extends Omit<RoleChangeEntry, 'state'> {
  /** `not-applied`: its run ended before the portal showed it. */
  state: RoleChangeEntry['state'] | 'not-applied';
  /** What the portal showed then: the asked role may be an alias. */
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
 * What became of each role change, told by the events of an onboarding's runs, oldest first. Outcomes keep the last ones
 * only; of what is decided, nothing is kept here.
 */
export class Audit {
  /** As they came: a later one may be decided before an earlier one. */
  private told: AuditEntry[] = [];
  /** Those that nothing has overtaken: all want the same role. */
  private waiting: AuditEntry[] = [];
  /** Those whose role an update applies, or tried to. */
  private taken: AuditEntry[] = [];
  private update: { scheduledBy: string; role: Role | undefined } | undefined;
  private isFirst = true;

  constructor(private readonly decode: Decode) {}

  /** Takes the next event, and answers the changes that are decided by now. */
  async take(event: HistoryEvent, runId: string): Promise<AuditEntry[]> {
    const at = new Date(tsToMs(event.eventTime)).toISOString();
    const started = event.workflowExecutionStartedEventAttributes;
    if (started) this.update = undefined;
    if (started && this.isFirst) this.goOnFrom(await this.decode(started.input), runId);
    this.isFirst = false;

    const signaled = event.workflowExecutionSignaledEventAttributes;
    if (signaled?.signalName === changeRole.name) {
      this.ask({ ...parseRoleChange(await this.decode(signaled.input), signaled.identity ?? '', at), runId });
    }
    const scheduled = event.activityTaskScheduledEventAttributes;
    if (scheduled?.activityType?.name === 'updateUserRole') {
      const { requestedRole = '' } = (await this.decode(scheduled.input)) as Partial<UpdateUserRoleRequest>;
      this.begin(String(event.eventId), parseRole(requestedRole));
    }
    const completed = event.activityTaskCompletedEventAttributes;
    if (completed && this.update?.scheduledBy === String(completed.scheduledEventId)) {
      this.confirm((await this.decode(completed.result)) as UpdatedUserRole, at);
    }
    if (closings.some((name) => event[name])) {
      decide([...this.taken, ...this.waiting], { state: 'not-applied' });
      [this.taken, this.waiting] = [[], []];
    }
    return this.decided();
  }

  /** The changes that no event has decided, and those that came after them. */
  rest(): AuditEntry[] {
    return this.told;
  }

  /** The runs before are not kept any more: what they left is what the first one that is kept was started with. */
  private goOnFrom(input: unknown, runId: string): void {
    const { continued } = (input ?? {}) as Partial<OnboardingInput>;
    for (const change of continued?.roleChanges ?? []) this.ask({ ...change, runId });
  }

  private ask(entry: AuditEntry): void {
    this.told.push(entry);
    if (entry.state !== 'waiting') return;
    const [before] = this.waiting;
    if (before && parseRole(before.role) !== parseRole(entry.role)) {
      decide(this.waiting, { state: 'superseded' });
      this.waiting = [];
    }
    this.waiting.push(entry);
  }

  private begin(scheduledBy: string, role: Role | undefined): void {
    const open = [...this.taken, ...this.waiting];
    this.update = { scheduledBy, role };
    this.taken = open.filter((entry) => parseRole(entry.role) === role);
    this.waiting = [];
    decide(
      open.filter((entry) => parseRole(entry.role) !== role),
      { state: 'superseded' },
    );
  }

  private confirm({ from, role: shown }: UpdatedUserRole, confirmedAt: string): void {
    const [next] = this.waiting;
    const isRepeated = next !== undefined && parseRole(next.role) === this.update?.role;
    decide([...this.taken, ...(isRepeated ? this.waiting : [])], { state: 'applied', from, shown, confirmedAt });
    this.taken = [];
    if (isRepeated) this.waiting = [];
  }

  private decided(): AuditEntry[] {
    const open = this.told.findIndex(({ state }) => state === 'waiting');
    return this.told.splice(0, open === -1 ? this.told.length : open);
  }
}

function decide(entries: readonly AuditEntry[], verdict: Partial<AuditEntry>): void {
  for (const entry of entries) Object.assign(entry, verdict);
}
