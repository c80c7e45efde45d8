import { defineQuery, defineSignal } from '@temporalio/workflow';
import type { ShownRole } from '../domain/roles.js';
import type { Attention, OnboardingStatus } from './onboarding.js';
import { formatCount } from '../utils/format-count.js';

/** The contract of a batch: between the starter, the batch, and the parts that hold its people. */

/** Ids are `batch:<hash of portal, rows and options>`, and the parts' `batch:<hash>:<number>`. */
export const batchId = (hash: string): string => `batch:${hash}`;
export const chunkId = (batch: string, part: number): string => `${batch}:${part}`;

/** So many people are one part: at ten events each its history stays below 4,096. */
export const chunkSize = 300;

/** How many of so many people are in a part: the last one has the rest. */
export const chunkSizeAt = (people: number, part: number): number => Math.min(chunkSize, people - part * chunkSize);

/** So many people of a part are on their way at once. */
export const peopleAtOnce = 50;

/** A person of a batch, as short as it can be: a history holds each once. */
export interface BatchPerson {
  email: string;
  firstName: string;
  lastName: string;
  role: string;
  /** The id of the person's onboarding, where it is not made of the e-mail: no workflow has the key of it. */
  id?: string;
  /** An earlier batch has come to this person: the portal is asked before anything is posted. */
  seen?: true;
}

export interface BatchOptions {
  existing: 'fail' | 'adopt';
  /** `false` creates the accounts without activation mails. */
  mail: boolean;
}

/** What a batch is started with, once all its parts are at the server. */
export interface BatchInput {
  /** Origin of the portal. */
  portal: string;
  people: number;
  parts: number;
  /** What the run before left: set by a run whose history has grown long, and by nobody else. */
  continued?: BatchState;
}

export interface ChunkInput {
  portal: string;
  batch: string;
  part: number;
  people: BatchPerson[];
  options: BatchOptions;
  /** A run before this one was broken off a moment ago and may have sent creates: look before anything is posted. */
  lookUpBeforeCreate?: boolean;
}

/** What became of a person. */
export interface PersonResult {
  email: string;
  state: 'waiting' | OnboardingStatus;
  role?: ShownRole;
  userId?: string;
  created?: boolean;
  /** Why the person failed, or needs attention. */
  message?: string;
}

export type Counts = Record<'waiting' | OnboardingStatus, number>;

/** What a batch came to that was not cancelled. Who was released again is at work on their own, and may still need a person. */
export function stateAtEnd(counts: Counts): OnboardingStatus {
  if (counts.failed + counts.cancelled > 0) return 'failed';
  if (counts['needs-attention'] + counts.running > 0) return 'needs-attention';
  return counts['kept-higher'] > 0 ? 'kept-higher' : 'onboarded';
}

export const noCounts: Counts = {
  waiting: 0,
  running: 0,
  onboarded: 0,
  'kept-higher': 0,
  'needs-attention': 0,
  failed: 0,
  cancelled: 0,
};

/** How far a part is, as it tells its batch. */
export interface ChunkReport {
  part: number;
  runId: string;
  counts: Counts;
  /** Why the part pauses, where the portal refuses everybody. */
  attention: Attention | null;
  closed: boolean;
}

/** The result of a part. */
export interface ChunkOutcome extends ChunkReport {
  /** In the order of the part's people. */
  people: PersonResult[];
}

/** All that a batch knows, as plain data. */
export interface BatchState {
  /** When the first run began, ISO 8601. */
  began: string;
  cancelled: boolean;
  /** By part; `null` where none has come yet. */
  reports: (ChunkReport | null)[];
}

/** What is known of a batch: the `status` query and the workflow's result give it. */
export interface BatchOutcome {
  batchId: string;
  runId: string;
  state: OnboardingStatus;
  portal: string;
  people: number;
  counts: Counts;
  attention: Attention | null;
  began: string;
  /** The run of each part, for its result; `null` where it has not begun. */
  parts: (string | null)[];
}

/** From the batch to a part: go on. It may come more than once. */
export const begin = defineSignal('begin');
/** From a part to its batch. */
export const report = defineSignal<[ChunkReport]>('report');
export const batchStatus = defineQuery<BatchOutcome>('status');
export const chunkStatus = defineQuery<ChunkOutcome>('status');

const words: Record<keyof Counts, string> = {
  onboarded: 'onboarded',
  'kept-higher': 'kept a higher role',
  'needs-attention': 'need you',
  failed: 'failed',
  cancelled: 'not begun',
  running: 'at work',
  waiting: 'waiting',
};

/** As in `9,981 onboarded · 12 need you · 7 failed`. */
export function formatCounts(counts: Counts): string {
  const shown = (Object.keys(words) as (keyof Counts)[]).filter((state) => state === 'onboarded' || counts[state] > 0);
  return shown.map((state) => `${formatCount(counts[state])} ${words[state]}`).join(' · ');
}
