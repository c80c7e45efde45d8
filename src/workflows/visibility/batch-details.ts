import { type BatchStatus, type ChunkReport, formatCounts } from '../../contract/batch.js';
import type { Attention } from '../../contract/onboarding.js';

/** The current details of batches and their chunks, in Markdown for the Web UI. */

export function describeBatch({ portal, people, counts, attention, chunks }: BatchStatus): string {
  const started = chunks.filter((runId) => runId !== null).length;
  return [
    `**${formatCounts(counts)}** – ${people} people at ${portal}`,
    '',
    `${started} of ${chunks.length} chunks have started`,
    ...linesOf(attention),
  ].join('\n');
}

export function describeChunk({ counts, attention }: ChunkReport): string {
  return [`**${formatCounts(counts)}**`, ...linesOf(attention)].join('\n');
}

function linesOf(attention: Attention | null): string[] {
  if (!attention) return [];
  return ['', `**${attention.reason}**: ${attention.message}`, '', attention.hint, '', 'Send `retry` to continue.'];
}
