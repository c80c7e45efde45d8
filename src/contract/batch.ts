import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { ShownRole } from '../domain/roles.js';
import type { Attention, OnboardingStatus, Outcome } from './onboarding.js';
import type { GroupPlace, RequestedPlaces, RoomPlace } from './places.js';
import { formatCount } from '../utils/format-count.js';

/** The contract of a batch between the starter, the batch, and the chunks that work on its people. */

/** Ids are `batch:<hash of portal, rows and options>` and, for its chunks, `batch:<hash>:<number>`. */
export const batchId = (hash: string): string => `batch:${hash}`;
export const chunkId = (batch: string, chunk: number): string => `${batch}:${chunk}`;

/** People per chunk. Their hashes just fit into one search attribute, which holds 2 KB. */
export const chunkSize = 200;

export const chunkSizeAt = (people: number, chunk: number): number => Math.min(chunkSize, people - chunk * chunkSize);

/** People per group. One call looks a group up or reads it back. */
export const groupSize = 50;

/** Groups of a chunk that run at the same time: one creates accounts while the other reads and raises. */
export const groupsAtOnce = 2;

/** Chunks of a batch that run at the same time. */
export const chunksAtOnce = 2;

export interface BatchPerson extends Pick<RequestedPlaces, 'groups' | 'rooms'> {
  email: string;
  firstName: string;
  lastName: string;
  /** As requested. */
  role: string;
  /** The id of the person's onboarding, if it is not derived from the e-mail. Workflows lack the key to derive it. */
  onboardingId?: string;
  /** A recently terminated chunk may have sent a create for this person. */
  mayHaveBeenPosted?: true;
}

export interface BatchOptions extends Pick<RequestedPlaces, 'exactGroups' | 'createGroups'> {
  existing: 'fail' | 'adopt';
  /** `false` creates the accounts without activation mails. */
  mail: boolean;
  /** Lowers the role of an account that shows a higher one than requested. */
  allowDemotion?: boolean;
}

/** The input of `onboardBatch`, which starts after all of its chunks. */
export interface BatchInput {
  /** Origin of the portal. */
  portal: string;
  people: number;
  chunks: number;
  /** The state of the previous run. Only a run that continues as new sets it. */
  continued?: BatchState;
}

/** The input of `onboardChunk`. */
export interface ChunkInput {
  portal: string;
  batch: string;
  /** The position of this chunk in its batch. */
  chunk: number;
  people: BatchPerson[];
  options: BatchOptions;
}

/** `now`: this batch created the account; `earlier`: an earlier run did; `no`: somebody else did. */
export type Created = 'now' | 'earlier' | 'no';

/** The result for one person. */
export interface PersonResult {
  email: string;
  state: 'waiting' | OnboardingStatus;
  role?: ShownRole;
  /** The role of an existing account before the import changed it. */
  from?: ShownRole;
  userId?: string;
  /** Absent if there is no account. */
  created?: Created;
  /** The name at the portal, if it is not the name in the file. */
  otherName?: string;
  /** Absent if the row requests none. */
  groups?: GroupPlace[];
  rooms?: RoomPlace[];
  /** Why the person failed, needs attention or keeps a higher role. */
  message?: string;
}

export type Counts = Record<PersonResult['state'], number>;

export const noCounts: Counts = {
  waiting: 0,
  running: 0,
  onboarded: 0,
  'kept-higher': 0,
  'needs-attention': 0,
  failed: 0,
  cancelled: 0,
};

/** The state of a batch that ended and was not cancelled. */
export function stateAtEnd(counts: Counts): OnboardingStatus {
  if (counts.failed + counts.cancelled > 0) return 'failed';
  if (counts['needs-attention'] + counts.running > 0) return 'needs-attention';
  return counts['kept-higher'] > 0 ? 'kept-higher' : 'onboarded';
}

/** The progress of a chunk, as it reports it to its batch. */
export interface ChunkReport {
  chunk: number;
  runId: string;
  counts: Counts;
  /** Why the chunk is paused, if the portal refuses everybody. */
  attention: Attention | null;
  /** Whether the chunk only waits for the onboardings that took people over. The batch may then start another chunk. */
  isIdle: boolean;
  /** The results that the batch keeps. Set once the chunk is closed, because retention may delete the chunk first. */
  results?: CompactResult[];
}

/** The status and the result of a chunk. */
export interface ChunkOutcome extends ChunkReport {
  /** In the order of the file. */
  people: PersonResult[];
}

/** The same result for several people of a chunk. */
export interface CompactResult extends Omit<PersonResult, 'email' | 'userId'> {
  /** The positions of these people in the chunk. */
  places: number[];
  /** In the order of the positions. Only for people whom a summary lists. */
  emails?: string[];
  /** In the order of the positions. Absent if the portal has no account. */
  userIds?: string[];
}

/** All that a batch knows, as plain data. */
export interface BatchState {
  /** When the first run began, ISO 8601. */
  startedAt: string;
  isCancelled: boolean;
  /** By chunk; `null` before its first report. */
  reports: (ChunkReport | null)[];
}

/** Everything known about a batch. The `status` query returns it. */
export interface BatchStatus {
  batchId: string;
  runId: string;
  state: OnboardingStatus;
  portal: string;
  people: number;
  counts: Counts;
  attention: Attention | null;
  startedAt: string;
  /** The run of each chunk; `null` before its first report. */
  chunks: (string | null)[];
}

/** The result of a batch. */
export interface BatchOutcome extends BatchStatus {
  /** By chunk; empty if somebody terminated the chunk. */
  results: CompactResult[][];
}

/** The report of an onboarding to the chunk that handed the person over, sent each time it settles. */
export type SettledPerson = Pick<
  Outcome,
  'email' | 'portal' | 'state' | 'userId' | 'role' | 'otherName' | 'created' | 'groups' | 'rooms'
> & {
  message?: string;
};

/** From the batch to a chunk: start. It may arrive more than once. */
export const startChunk = defineSignal('startChunk');
/** From a chunk to its batch. */
export const chunkProgress = defineSignal<[ChunkReport]>('chunkProgress');
/** From an onboarding to the chunk that handed the person over. */
export const personSettled = defineSignal<[SettledPerson]>('personSettled');
/** To a chunk: hand these people over to their own onboardings, or cancel them. */
export const handOver = defineSignal<[emails: string[], isCancelling?: boolean]>('handOver');
/** The same, but returns only when the chunk will not write to their accounts again, and their onboardings are open. */
export const untilHandedOver = defineUpdate<void, [emails: string[], isCancelling?: boolean]>('untilHandedOver');
export const batchStatus = defineQuery<BatchStatus>('status');
export const chunkStatus = defineQuery<ChunkOutcome>('status');

/** States of the people whom a summary lists by name. */
const listedStates: ReadonlySet<string> = new Set(['failed', 'needs-attention', 'kept-higher', 'cancelled']);

export const isListed = ({ state, otherName }: PersonResult): boolean =>
  listedStates.has(state) || otherName !== undefined;

const labels: Record<keyof Counts, string> = {
  onboarded: 'onboarded',
  'kept-higher': 'kept a higher role',
  'needs-attention': 'need attention',
  failed: 'failed',
  cancelled: 'cancelled',
  running: 'running',
  waiting: 'waiting',
};

/** `9,981 onboarded · 1 needs attention · 7 failed`. @param detail follows the number of onboarded people */
export function formatCounts(counts: Counts, detail = ''): string {
  const shown = (Object.keys(labels) as (keyof Counts)[]).filter((state) => state === 'onboarded' || counts[state] > 0);
  const labelOf = (state: keyof Counts): string =>
    counts[state] === 1 ? labels[state].replace('need ', 'needs ') : labels[state];
  return shown
    .map((state) => `${formatCount(counts[state])} ${labelOf(state)}${state === 'onboarded' ? detail : ''}`)
    .join(' · ');
}
