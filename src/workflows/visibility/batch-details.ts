import { type BatchOutcome, type ChunkOutcome, formatCounts } from '../../contract/batch.js';
import type { Attention } from '../../contract/onboarding.js';

/** The current details of batches and their parts, in Markdown for the Web UI. */

export function describeBatch({ portal, people, counts, attention, parts }: BatchOutcome): string {
  const begun = parts.filter((runId) => runId !== null).length;
  return [
    `**${formatCounts(counts)}** – ${people} people at ${portal}`,
    '',
    `${begun} of ${parts.length} parts have begun`,
    ...linesOf(attention),
  ].join('\n');
}

export function describePart({ counts, attention }: ChunkOutcome): string {
  return [`**${formatCounts(counts)}**`, ...linesOf(attention)].join('\n');
}

function linesOf(attention: Attention | null): string[] {
  if (!attention) return [];
  return ['', `**${attention.reason}**: ${attention.message}`, '', attention.hint, '', 'Send `retry` to go on.'];
}
