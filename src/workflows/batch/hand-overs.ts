import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  CancellationScope,
  condition,
  getExternalWorkflowHandle,
  ParentClosePolicy,
  rootCause,
  startChild,
  workflowInfo,
  type ChildWorkflowHandle,
} from '@temporalio/workflow';
import type { BatchPerson, ChunkInput, PersonResult, SettledPerson } from '../../contract/batch.js';
import { takeOver, type OnboardingInput } from '../../contract/onboarding.js';
import { pickPlaces, refusalsOf } from '../../contract/places.js';
import { onboardingStateKey, searchAttributesFor } from '../../contract/search-attributes.js';
import { namedRooms } from '../../domain/place-names.js';
import { isAbove, parseRole } from '../../domain/roles.js';
import { isReset } from '../onboarding/state.js';
import { doublingWaits } from '../doubling-waits.js';
import { signalIfOpen } from '../signal-if-open.js';
import { isCancelled } from '../steps/attention.js';
import type { onboardUser } from '../onboarding/onboard-user.js';
import type { ChunkPerson, Known, ResultChange } from './chunk-person.js';

/** After this time, an onboarding that was already open is asked again. If somebody terminated it, the signal fails. */
const firstReminderMs = 15_000;

/**
 * The people whom a chunk cannot onboard itself. Each one gets their own onboarding; if one is already open, it is
 * asked to take over. From then on that onboarding is the only writer of the account, and it reports to the chunk.
 */
export class HandOvers {
  private readonly byEmail: Map<string, ChunkPerson>;
  private unsettled = 0;

  constructor(
    private readonly input: ChunkInput,
    people: readonly ChunkPerson[],
    private readonly record: (person: ChunkPerson, change: ResultChange) => void,
  ) {
    this.byEmail = new Map(people.map((person) => [person.request.email, person]));
  }

  /**
   * Claims people for another writer, or cancels them. Resolves once the chunk will not write to their accounts again,
   * and the other writer finds their onboardings open.
   */
  async claim(emails: readonly string[], isCancelling?: unknown): Promise<void> {
    const people = emails.map((email) => this.byEmail.get(email)).filter((person) => person !== undefined);
    for (const person of people) {
      person.isClaimed = true;
      person.isCancelled ||= isCancelling === true;
      if (!person.isBusy) this.release(person);
    }
    const isDone = (): boolean =>
      people.every((person) => !person.mayBeWritten && person.isHandedOver === person.hasOnboarding);
    // The cancellation of the chunk would end the signal's handler with an error, which ends the run without a report.
    await CancellationScope.nonCancellable(() => condition(isDone));
  }

  /** Stops work on a claimed person. Call it only if no write for them is in progress. */
  release(person: ChunkPerson): void {
    if (!person.isOpen || !person.isClaimed) return;
    if (person.isCancelled) this.record(person, { state: 'cancelled', ...accountOf(person) });
    else this.handOver(person);
  }

  /** After this call, the caller makes no further write to the account. */
  handOver(person: ChunkPerson, known: Known = {}): void {
    person.isHandedOver = true;
    this.unsettled++;
    this.record(person, { state: 'running', ...accountOf(person) });
    void this.follow(person, known).finally(() => {
      this.unsettled--;
      person.hasOnboarding = true;
    });
  }

  settle({ email, portal, ...settled }: SettledPerson): void {
    const person = this.byEmail.get(email);
    if (!person?.isHandedOver) return;
    this.record(person, portal === this.input.portal ? resultOf(person, settled) : atOtherPortal(portal));
  }

  get areOpen(): boolean {
    return this.unsettled > 0;
  }

  async untilSettled(): Promise<void> {
    await CancellationScope.nonCancellable(() => condition(() => this.unsettled === 0));
  }

  private async follow(person: ChunkPerson, known: Known): Promise<void> {
    try {
      for (const waitMs of doublingWaits(firstReminderMs)) {
        const own = await this.startOwn(person, known);
        person.hasOnboarding = own !== undefined;
        person.isTakenOver = own === undefined;
        // The history of a cancelled onboarding still tells a later run what is unclear.
        if (own && person.isCancelled) await cancelIfOpen(own);
        if (own) return await this.untilOwnSettles(person, own);
        if (await this.askToTakeOver(person, waitMs > firstReminderMs)) {
          person.hasOnboarding = true;
          if (await condition(() => isSettled(person), waitMs)) return;
        }
      }
    } catch (error) {
      if (!isCancelled(error)) throw error;
      if (!isSettled(person)) this.record(person, { state: 'cancelled' });
    }
  }

  /** @returns `undefined` if an onboarding of this person is already open */
  private async startOwn(
    person: ChunkPerson,
    known: Known,
  ): Promise<ChildWorkflowHandle<typeof onboardUser> | undefined> {
    const { request, onboardingId } = person;
    const { email, firstName, lastName, role } = request;
    const { portal, batch, options } = this.input;
    const hasAttributes = workflowInfo().typedSearchAttributes.get(onboardingStateKey) !== undefined;
    const input: OnboardingInput = {
      email,
      firstName,
      lastName,
      role,
      portal,
      ...options,
      ...pickPlaces(request),
      roleWindow: 0,
      chunk: workflowInfo().workflowId,
      lookUpBeforeCreate: person.mayHaveBeenPosted || (isReset() && !person.created && !person.found),
      ...(isKnown(person, known) && { continued: person.stateFor(known) }),
    };
    try {
      return await startChild<typeof onboardUser>('onboardUser', {
        workflowId: onboardingId,
        args: [input],
        ...(request.onboardingId !== undefined && { memo: { email } }),
        parentClosePolicy: ParentClosePolicy.ABANDON,
        staticSummary: `onboarding of ${email}, from ${batch}`,
        staticDetails: `Portal: ${portal}`,
        ...(hasAttributes && { typedSearchAttributes: searchAttributesFor({ portal, batch }) }),
      });
    } catch (error) {
      if (error instanceof WorkflowExecutionAlreadyStartedError) return undefined;
      throw error;
    }
  }

  /** Signals the open onboarding of this person. @returns `false` if it has closed meanwhile */
  private askToTakeOver({ request, onboardingId }: ChunkPerson, isReminder: boolean): Promise<boolean> {
    const { portal, options } = this.input;
    const { firstName, lastName, role } = request;
    const { allowDemotion = false, exactGroups, createGroups } = options;
    const chunk = workflowInfo().workflowId;
    return signalIfOpen(getExternalWorkflowHandle(onboardingId), takeOver, {
      chunk,
      portal,
      firstName,
      lastName,
      role,
      allowDemotion,
      ...(exactGroups && { exactGroups }),
      ...(createGroups && { createGroups }),
      ...(isReminder && { isReminder }),
      ...pickPlaces(request),
    });
  }

  /** An onboarding reports its own result, unless somebody terminated it. */
  private async untilOwnSettles(person: ChunkPerson, own: ChildWorkflowHandle<typeof onboardUser>): Promise<void> {
    const ending = own.result().then(
      () => undefined,
      (error: unknown) => error,
    );
    const error = await Promise.race([
      ending,
      CancellationScope.nonCancellable(() => condition(() => isSettled(person))),
    ]);
    if (isSettled(person)) return;
    this.record(person, {
      state: 'failed',
      message: `its onboarding ended: ${rootCause(error) ?? 'terminated'}`,
    });
  }
}

async function cancelIfOpen({ workflowId }: ChildWorkflowHandle<typeof onboardUser>): Promise<void> {
  await getExternalWorkflowHandle(workflowId)
    .cancel()
    .catch(() => undefined);
}

function isKnown({ created, found }: ChunkPerson, known: Known): boolean {
  return created !== undefined || found !== null || Object.keys(known).length > 0;
}

function isSettled({ result: { state } }: ChunkPerson): boolean {
  return state !== 'waiting' && state !== 'running';
}

function accountOf({ created, found }: ChunkPerson): Pick<PersonResult, 'userId' | 'role'> {
  const account = created ?? found;
  return account ? { userId: account.id, role: account.role } : {};
}

function resultOf(
  { request, found, createdBy, isTakenOver }: ChunkPerson,
  settled: Omit<SettledPerson, 'email' | 'portal'>,
): ResultChange {
  const { state, userId, role, otherName, created, message = '' } = settled;
  const requested = parseRole(request.role);
  const isHigher = state === 'onboarded' && role !== null && requested !== undefined && isAbove(role, requested);
  const createdElsewhere = !created ? 'no' : isTakenOver ? 'earlier' : 'now';
  const refusals = isConfirmed(state) ? refusalsOf(requestedPlaces(request), settled) : [];
  return {
    ...(refusals.length > 0
      ? { state: 'failed', message: refusals.join('; ') }
      : { state: isHigher ? 'kept-higher' : state, message }),
    ...(role && { role }),
    ...(otherName !== undefined && { otherName }),
    ...pickPlaces(settled),
    ...(role && found && found.role !== role && { from: found.role }),
    ...(userId !== null && { userId, created: createdBy ?? createdElsewhere }),
  };
}

const isConfirmed = (state: PersonResult['state']): boolean => state === 'onboarded' || state === 'kept-higher';

const requestedPlaces = ({ groups = [], rooms = [] }: BatchPerson): Set<string> =>
  new Set([...groups, ...namedRooms(rooms)]);

function atOtherPortal(portal: string): { state: 'failed'; message: string } {
  return {
    state: 'failed',
    message: `an onboarding of this person at another portal, ${portal}, is open; use a namespace for each portal`,
  };
}
