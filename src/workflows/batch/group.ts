import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/workflow';
import type { PersonResult } from '../../contract/batch.js';
import { failureTypes, type AttentionDetails } from '../../contract/onboarding.js';
import type { CreatedUser, FoundUser, UpdatedUserRoles } from '../../contract/steps.js';
import { isPaid, parseRole } from '../../domain/roles.js';
import type { CreateAttemptLog } from '../../domain/create-rule.js';
import { decideImport } from '../../domain/import-rule.js';
import { compareNames, differingName } from '../../domain/person-name.js';
import { ignoreCancellation, isCancelled } from '../steps/attention.js';
import type { Chunk } from './chunk.js';
import { createUser, getUsers, updateUserRoles } from './chunk-activities.js';
import type { ChunkPerson, Known, ResultChange } from './chunk-person.js';
import { requestsPlaces, type ResumeContext } from './chunk-places.js';
import { RoleGroupSize } from './role-group-size.js';

/** Onboards the plain cases of a group: no account yet, and every answer arrives. It hands over everybody else. */
export class Group {
  private readonly roleGroupSize = new RoleGroupSize();

  constructor(
    private readonly chunk: Chunk,
    private readonly people: readonly ChunkPerson[],
  ) {}

  async onboard(): Promise<void> {
    try {
      if (this.chunk.input.options.createGroups) await this.chunk.places.createGroups();
      await this.lookUp();
      await Promise.all(this.open().map((person) => this.create(person)));
      await this.readBack();
      for (const [role, people] of this.byRole()) await this.raise(role, people);
      await this.addToPlaces();
    } catch (error) {
      ignoreCancellation(error);
    }
    await this.chunk.reportProgress();
  }

  private open(): ChunkPerson[] {
    return this.people.filter(({ isOpen, roleResult }) => isOpen && !roleResult);
  }

  /** Looks everybody up. Only people without an account stay open. */
  private async lookUp(): Promise<void> {
    for (const [person, found] of await this.getUsers()) {
      if (!person.isOpen) continue;
      if (found) this.useExisting(person, found);
      else if (person.mayHaveBeenPosted) this.handOver(person);
    }
  }

  private useExisting(person: ChunkPerson, found: FoundUser): void {
    person.found = found;
    const role = parseRole(person.request.role);
    if (!role) return this.handOver(person);
    // A create of an earlier run may have died half-way or may still change the role, and a cache may be stale.
    if (person.mayHaveBeenPosted && (isPaid(role) || found.role !== role)) return this.handOver(person);
    const decision = decideImport({ ...person.request, role }, found, this.chunk.input.options);
    if (decision.action === 'nothing') return this.confirm(person, found);
    if (decision.action === 'keep-higher') {
      const { message } = decision;
      return this.confirmRole(person, { state: 'kept-higher', message, ...shownFields(person, found) });
    }
    const isOther = decision.action === 'conflict' && compareNames(person.request, found) === 'conflict';
    if (!isOther || found.state) return this.handOver(person);
    const { message, hint } = decision;
    return this.handOver(person, { attention: { reason: 'conflict', message, hint } });
  }

  private async create(person: ChunkPerson): Promise<void> {
    const { request, onboardingId } = person;
    const { portal, options } = this.chunk.input;
    const { existing, mail } = options;
    const identity = { onboardingId, startedAt: this.chunk.startedAt };
    person.isBusy = true;
    this.chunk.record(person, { state: 'running' });
    try {
      const created = await this.chunk.call<CreatedUser | typeof claimed>(
        ({ resumed, isResetRun }) =>
          person.isClaimed
            ? Promise.resolve(claimed)
            : createUser({
                portal,
                ...request,
                ...identity,
                existing,
                mail,
                handOverIfUnclear: true,
                ...(isResetRun && { isResetRun }),
                ...(resumed && { resumed }),
              }),
        { concernsEverybody, setPaused: (isPaused) => this.setBusy([person], !isPaused) },
      );
      if (created.created) person.created = created;
      this.finishWrite(person, !created.created && created !== claimed);
    } catch (error) {
      if (isCancelled(error)) person.isBusy = false;
      else if (error instanceof ActivityFailure) this.finishWrite(person, true, { create: noteIn(error) ?? 'unknown' });
      else throw error;
    }
  }

  /** Confirms those who keep the role they were created with. Those whose role must be raised stay open. */
  private async readBack(): Promise<void> {
    for (const [person, found] of await this.getUsers()) {
      if (!person.isOpen || !person.created) continue;
      const requested = parseRole(person.request.role);
      const asCreated = requested === 'Guest' ? 'Guest' : 'User';
      // After a confirmed create, only a stale cache of the portal can show another role.
      const isAsCreated = found?.id === person.created.id && !found.state && found.role === asCreated;
      if (!isAsCreated) this.handOver(person, { lastUnclearWriteAt: Date.now(), needsRoleReset: asCreated });
      else if (requested === asCreated) this.confirm(person, found);
    }
  }

  /** The open people by the role that they still need, spelled as requested. */
  private byRole(): Map<string, ChunkPerson[]> {
    const roles = new Map<string, ChunkPerson[]>();
    for (const person of this.open()) {
      const { role } = person.request;
      roles.set(role, [...(roles.get(role) ?? []), person]);
    }
    return roles;
  }

  private async raise(requestedRole: string, people: readonly ChunkPerson[]): Promise<void> {
    let waiting = [...people];
    for (;;) {
      waiting = waiting.filter(({ isOpen }) => isOpen);
      if (waiting.length === 0 || this.chunk.isCancelled) return;
      const size = this.roleGroupSize.current;
      const unconfirmed = await this.raiseTogether(requestedRole, waiting.slice(0, size));
      waiting = [...unconfirmed, ...waiting.slice(size)];
    }
  }

  /** @returns the people whose turn never came, because the portal refused somebody before them */
  private async raiseTogether(requestedRole: string, people: readonly ChunkPerson[]): Promise<ChunkPerson[]> {
    const { portal } = this.chunk.input;
    let called = people;
    for (const person of people) person.isBusy = true;
    try {
      const { roles, durationMs, refusal, lastUnclearWriteAt } = await this.chunk.call(
        (context) => {
          this.finishClaimed(people, context);
          called = people.filter(({ isClaimed }) => !isClaimed);
          const users = called.map(({ request, created }) => ({ email: request.email, id: created?.id ?? '' }));
          if (users.length === 0) return Promise.resolve<UpdatedUserRoles>({ roles: [], durationMs: 0 });
          return updateUserRoles({ portal, requestedRole, users, ...context });
        },
        {
          setPaused: (isPaused, context) => {
            const isUnclear = lastWriteIn(context).lastUnclearWriteAt !== undefined;
            this.setBusy(called, !isPaused || isUnclear);
          },
        },
      );
      this.roleGroupSize.adapt(durationMs);
      const raised = parseRole(requestedRole);
      const unconfirmed = called.filter((person, index) => {
        const role = roles[index];
        if (!role || role !== raised) return true;
        person.created = { ...person.created!, role };
        this.confirmRole(person, { state: 'onboarded', role, userId: person.created.id });
        return false;
      });
      const isPartly = refusal !== undefined && unconfirmed.length < called.length;
      const toHandOver = isPartly ? unconfirmed.slice(0, 1) : unconfirmed;
      for (const person of toHandOver)
        this.finishWrite(person, true, lastUnclearWriteAt === undefined ? {} : { lastUnclearWriteAt });
      for (const person of unconfirmed) this.finishWrite(person, false);
      return isPartly ? unconfirmed.slice(1) : [];
    } finally {
      for (const person of people) person.isBusy = false;
    }
  }

  /** People who were claimed while the chunk was paused leave it before its next write. */
  private finishClaimed(people: readonly ChunkPerson[], context: ResumeContext): void {
    const lastWrite = lastWriteIn(context);
    for (const person of people) {
      if (person.isClaimed) this.finishWrite(person, lastWrite.lastUnclearWriteAt !== undefined, lastWrite);
    }
  }

  /** While the chunk is paused, no write is in progress, so whoever is claimed leaves it at once. */
  private setBusy(people: readonly ChunkPerson[], isBusy: boolean): void {
    for (const person of people) {
      person.isBusy = isBusy && !person.isClaimed;
      if (!isBusy) this.chunk.handOvers.release(person);
    }
  }

  /** Ends a write. A person who was claimed meanwhile, or whose write is unclear, leaves the chunk. */
  private finishWrite(person: ChunkPerson, isUnclear: boolean, known: Known = {}): void {
    person.isBusy = false;
    if (isUnclear && person.isOpen) this.handOver(person, known);
    else this.chunk.handOvers.release(person);
  }

  private handOver(person: ChunkPerson, known: Known = {}): void {
    this.chunk.handOvers.handOver(person, known);
  }

  private confirm(person: ChunkPerson, found: FoundUser): void {
    this.confirmRole(person, { state: 'onboarded', ...shownFields(person, found) });
  }

  /** The person is onboarded, unless groups or rooms are missing. */
  private confirmRole(person: ChunkPerson, result: ResultChange): void {
    if (requestsPlaces(person)) person.roleResult = result;
    else this.chunk.record(person, result);
  }

  private async addToPlaces(): Promise<void> {
    const people = this.people.filter(({ isOpen, roleResult }) => isOpen && roleResult);
    if (people.length === 0) return;
    for (const person of people) person.isBusy = true;
    try {
      const placed = await this.chunk.places.add(people, { setPaused: (isPaused) => this.setBusy(people, !isPaused) });
      for (const person of people) {
        const places = placed.get(person);
        if (places && person.roleResult) this.chunk.record(person, { ...person.roleResult, ...places });
        this.finishWrite(person, !places && !person.isClaimed);
      }
    } finally {
      for (const person of people) person.isBusy = false;
    }
  }

  private async getUsers(): Promise<(readonly [ChunkPerson, FoundUser | null])[]> {
    const people = this.open();
    if (people.length === 0) return [];
    const { portal } = this.chunk.input;
    const requests = people.map(({ request: { email, onboardingId } }) => ({
      email,
      ...(onboardingId !== undefined && { onboardingId }),
    }));
    const found = await this.chunk.call((context) => getUsers({ portal, people: requests, ...context }));
    return people.map((person, index) => [person, found[index] ?? null] as const);
  }
}

/** Instead of a result: another run claimed the person while the chunk was paused, so nothing is sent any more. */
const claimed = { created: false } as const;

/** Whether a create failed for a reason that concerns everybody, and certainly created nobody. */
function concernsEverybody({ portalWide, reason }: AttentionDetails, failure: ActivityFailure): boolean {
  const isForAll = portalWide === true || reason === 'wrong-portal';
  return isForAll && !(failure.cause instanceof TimeoutFailure) && !mayHavePosted(noteIn(failure));
}

/** The note that the create left. There is none if its worker died, or if its retries were used up. */
function noteIn({ cause }: ActivityFailure): CreateAttemptLog | 'unknown' | undefined {
  const { type, details } = cause instanceof ApplicationFailure ? cause : {};
  const [first, second] = (details ?? []) as (CreateAttemptLog | 'unknown' | undefined)[];
  if (type === failureTypes.handOver) return first;
  return type === failureTypes.needsAttention ? second : undefined;
}

/** The last write of a call that the chunk repeats after a pause. */
function lastWriteIn({ resumeFrom, isResetRun }: ResumeContext): { lastUnclearWriteAt?: number } {
  if (resumeFrom === 'unknown' || (isResetRun && resumeFrom === undefined)) return { lastUnclearWriteAt: Date.now() };
  const { lastUnclearWriteAt: at } = (resumeFrom ?? {}) as { lastUnclearWriteAt?: number };
  return at === undefined ? {} : { lastUnclearWriteAt: at };
}

function mayHavePosted(note: CreateAttemptLog | 'unknown' | undefined): boolean {
  return note === 'unknown' || (note !== undefined && note.lastPostAt !== null);
}

function shownFields({ request }: ChunkPerson, found: FoundUser): Pick<PersonResult, 'role' | 'userId' | 'otherName'> {
  return { role: found.role, userId: found.id, ...differingName(request, found) };
}
