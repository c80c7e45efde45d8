import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  ChildWorkflowCancellationType,
  getExternalWorkflowHandle,
  ParentClosePolicy,
  rootCause,
  startChild,
  TemporalFailure,
  workflowInfo,
} from '@temporalio/workflow';
import type { ShownRole } from '../../domain/roles.js';
import { searchAttributesFor, onboardingStateKey } from '../../contract/search-attributes.js';
import type { BatchPerson } from '../../contract/batch.js';
import { toAttention, initialState, recordStepResult } from '../onboarding/state.js';
import {
  changeRole,
  onboardingId,
  retry,
  type AttentionDetails,
  type OnboardingStatus,
  type OnboardingState,
} from '../../contract/onboarding.js';
import { confirmedAfter, countState } from '../visibility/metrics.js';
import type { onboardUser } from '../onboarding/onboard-user.js';
import type { Chunk } from './chunk.js';
import { findAttention, isCancelled } from '../steps/attention.js';
import type { Again, Traveller, WayOfPerson } from '../steps/steps.js';
import type { StepResult, StepName } from '../../contract/steps.js';

/** One person of a part on the plain way; who leaves it is handed to an onboarding of their own, with what is known. */
export class ChunkPerson implements Traveller {
  readonly identity: { onboardingId: string; startedAt: number };
  readonly requestedRole: string;
  readonly way: WayOfPerson;
  private readonly memory: OnboardingState;
  private justRead: ShownRole | undefined;

  constructor(
    private readonly person: BatchPerson,
    private readonly part: Chunk,
    private readonly index: number,
  ) {
    const { email, firstName, lastName, role, seen, id = onboardingId(email) } = person;
    const { portal, options, lookUpBeforeCreate } = part.input;
    // Nobody knows of a create on its way, and yet the account may be there: the e-mail is looked up, without a settle window.
    const seenBefore = seen && { attempt: 0, posts: 1, lastPostAt: null };
    const before = lookUpBeforeCreate ? ('unknown' as const) : seenBefore;
    this.identity = { onboardingId: id, startedAt: part.startedAt };
    this.requestedRole = role;
    this.way = { portal, email, firstName, lastName, ...options, ...(before && { before }) };
    this.memory = initialState(role);
    part.record(index, { state: 'running' });
  }

  async step<Finding extends StepResult>(name: StepName, take: (again: Again) => Promise<Finding>): Promise<Finding> {
    let again: Again = {};
    for (;;) {
      if (this.part.isPausing) await this.part.goes();
      const progress = this.part.progress;
      try {
        const finding = await take(again);
        recordStepResult(this.memory, name, finding);
        this.justRead = name === 'get' ? finding.role : undefined;
        this.part.advance();
        return finding;
      } catch (error) {
        const parking = findAttention(error);
        if (!parking) throw error;
        const { details: found, resumeFrom } = parking;
        // A step that was only tried for too long is this person's alone where others got on meanwhile.
        const isAlone = found.reason === 'portal-unavailable' && this.part.progress > progress;
        const concernsAll = found.portalWide || found.reason === 'wrong-portal';
        if (!concernsAll || isAlone) {
          this.memory.pendingAttention = { step: name, details: found, rechecks: 0 };
          this.memory.notes[name] = resumeFrom;
          throw error;
        }
        const resumed = await this.part.pause(found);
        again = { resumed, ...(name === 'create' && { resumeFrom: resumeFrom as never }) };
      }
    }
  }

  takeRoleChange(): { requestedRole: string; lastProfileRole?: ShownRole; allowDemotion: boolean } {
    const { justRead: shown } = this;
    return {
      requestedRole: this.requestedRole,
      allowDemotion: this.memory.created,
      ...(shown && { lastProfileRole: shown }),
    };
  }

  onboarded(): Promise<void> {
    return this.ends('onboarded');
  }

  /** The plain way ended by an error: the person is handed over, was cancelled, or has failed. */
  async leaves(error: unknown): Promise<void> {
    if (!(error instanceof TemporalFailure)) throw error; // a bug: the task is retried until it is mended
    if (isCancelled(error)) return this.ends('cancelled');
    if (!this.memory.pendingAttention) return this.ends('failed', rootCause(error) ?? 'failed');
    const { details } = this.memory.pendingAttention;
    await this.handOver(details);
    return this.ends('needs-attention', `${details.message}. ${details.hint}`);
  }

  private async ends(state: OnboardingStatus, message?: string): Promise<void> {
    const { startedAt, role, userId, created } = this.memory;
    if (state === 'onboarded') confirmedAfter(Date.now() - startedAt);
    countState(state, this.memory.attention?.reason);
    const known = { ...(role && { role }), ...(userId !== null && { userId, created }) };
    this.part.record(this.index, { state, ...known, ...(message !== undefined && { message }) });
    if (this.part.isReportDue) await this.part.tell();
  }

  /** To an onboarding of the person's own, where it can be seen, retried and signalled; or to the one that is open already. */
  private async handOver(found: AttentionDetails): Promise<void> {
    Object.assign(this.memory, { state: 'needs-attention', attention: toAttention(found) });
    while (!(await this.startsOwn(found.reason)) && !(await this.signalsOpen()));
  }

  private async startsOwn(reason: string): Promise<boolean> {
    const { email, firstName, lastName, role, id } = this.person;
    const { portal, batch, options } = this.part.input;
    const hasAttributes = workflowInfo().typedSearchAttributes.get(onboardingStateKey) !== undefined;
    try {
      await startChild<typeof onboardUser>('onboardUser', {
        workflowId: this.identity.onboardingId,
        args: [{ email, firstName, lastName, role, portal, ...options, roleWindow: 0, continued: this.memory }],
        ...(id !== undefined && { memo: { email } }),
        parentClosePolicy: ParentClosePolicy.ABANDON,
        cancellationType: ChildWorkflowCancellationType.ABANDON,
        staticSummary: `onboarding of ${email}, from ${batch}`,
        staticDetails: `Portal: ${portal}`,
        ...(hasAttributes && {
          typedSearchAttributes: searchAttributesFor({ portal, batch, state: 'needs-attention', reason }),
        }),
      });
      return true;
    } catch (error) {
      if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
      throw error;
    }
  }

  private async signalsOpen(): Promise<boolean> {
    const open = getExternalWorkflowHandle(this.identity.onboardingId);
    try {
      await open.signal(changeRole, { role: this.requestedRole, reason: `asked for by ${this.part.input.batch}` });
      await open.signal(retry);
      return true;
    } catch {
      return false; // it has closed meanwhile
    }
  }
}
