import type { ExitCode } from '../../program/exit.js';
import { batchKey } from '../../contract/search-attributes.js';
import { noCounts, stateAtEnd, type BatchOutcome, type PersonResult, formatCounts } from '../../contract/batch.js';
import type { OnboardingStatus } from '../../contract/onboarding.js';
import { batchResults } from '../../client/batches.js';
import { exitCodeOf } from '../../client/outcomes.js';
import { color, print, printJson } from '../../terminal/print.js';
import { formatCount } from '../../utils/format-count.js';
import type { Session } from '../../client/session.js';

/** So many people are listed; a result file has them all. */
const listed = 20;

const lookedAt: ReadonlySet<string> = new Set(['failed', 'needs-attention']);

interface ShowOptions {
  json?: boolean | undefined;
  /** The number of rows of the file that were not imported. */
  leftOut?: number;
  /** Called with each person's result, in the order of the batch. */
  onResult?: (result: PersonResult) => Promise<void> | void;
}

/** Prints what became of everybody in a closed batch, as it is now: who needed attention may have been released since. */
export async function showBatch(session: Session, outcome: BatchOutcome, options: ShowOptions): Promise<ExitCode> {
  const { json, leftOut = 0, onResult } = options;
  const counts = { ...noCounts };
  const toLookAt: PersonResult[] = [];
  for await (const person of batchResults(session, outcome)) {
    counts[person.state]++;
    if (lookedAt.has(person.state)) toLookAt.push(person);
    await onResult?.(person);
  }
  const settled = outcome.state === 'cancelled' ? outcome.state : stateAtEnd(counts);
  const state = leftOut > 0 ? 'failed' : settled;
  if (json) {
    const { chunks: _chunks, ...shown } = outcome;
    const webUi = session.webUi(outcome.batchId, outcome.runId);
    printJson({ ...shown, state, counts, leftOut, toLookAt, webUi });
  } else {
    const alsoLeftOut = leftOut > 0 ? ` · ${formatCount(leftOut)} left out` : '';
    print(`${sign(state)} ${formatCounts(counts)}${alsoLeftOut}`);
    for (const person of toLookAt.slice(0, listed)) print(lineOf(person));
    if (toLookAt.length > listed)
      print(`  … and ${formatCount(toLookAt.length - listed)} more: --out FILE has them all`);
    print(`  portal  ${outcome.portal}`);
    print(`  batch   ${outcome.batchId}`);
    showLinks(session, outcome);
  }
  return exitCodeOf({ state });
}

/** Where the Web UI shows a batch, and everything that belongs to it: a list that can be saved there as a view. */
export function showLinks(session: Session, { batchId, runId }: Pick<BatchOutcome, 'batchId' | 'runId'>): void {
  const webUi = session.webUi(batchId, runId);
  const list = session.webUiList(`${batchKey.name}="${batchId}"`);
  if (webUi !== null) print(`  Web UI  ${webUi}`);
  if (list !== null) print(`          ${list}`);
}

function lineOf({ email, state, message }: PersonResult): string {
  const mark = state === 'failed' ? color(process.stdout, 'red', '✗') : color(process.stdout, 'yellow', '!');
  return `  ${mark} ${email}  ${message ?? ''}`;
}

function sign(state: OnboardingStatus): string {
  if (state === 'onboarded') return color(process.stdout, ['green', 'bold'], '✓');
  return color(process.stdout, [state === 'needs-attention' ? 'yellow' : 'red', 'bold'], '!');
}
