import type { BatchOutcome, Counts, PartOutcome } from '../../contract/batch.js';
import type { Attention } from '../../contract/onboarding.js';

/** The current details of batches and their parts, in Markdown for the Web UI. */

export function describeBatch({ portal, people, counts, attention, parts }: BatchOutcome): string {
  const begun = parts.filter((runId) => runId !== null).length;
  return [
    `**${summaryOf(counts)}** – ${people} people at ${portal}`,
    '',
    `${begun} of ${parts.length} parts have begun`,
    ...linesOf(attention),
  ].join('\n');
}

export function describePart({ counts, attention }: PartOutcome): string {
  return [`**${summaryOf(counts)}**`, ...linesOf(attention)].join('\n');
}

const words: Record<keyof Counts, string> = {
  onboarded: 'onboarded',
  'needs-attention': 'need you',
  failed: 'failed',
  cancelled: 'not begun',
  running: 'at work',
  waiting: 'waiting',
};

/** As in `9,981 onboarded · 12 need you · 7 failed`. */
export function summaryOf(counts: Counts): string {
  const shown = (Object.keys(words) as (keyof Counts)[]).filter((state) => state === 'onboarded' || counts[state] > 0);
  return shown.map((state) => `${grouped(counts[state])} ${words[state]}`).join(' · ');
}

/** 12345 as 12,345: a workflow has no locale. */
export function grouped(count: number): string {
  return String(count).replaceAll(/\B(?=(\d{3})+$)/g, ',');
}

function linesOf(attention: Attention | null): string[] {
  if (!attention) return [];
  return ['', `**${attention.reason}**: ${attention.message}`, '', attention.hint, '', 'Send `retry` to go on.'];
}
