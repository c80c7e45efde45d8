import type { ExitCode } from '../../program/exit.js';
import { batchKey } from '../../contract/search-attributes.js';
import {
  formatCounts,
  isListed,
  noCounts,
  stateAtEnd,
  type BatchOutcome,
  type Created,
  type PersonResult,
} from '../../contract/batch.js';
import type { OnboardingStatus } from '../../contract/onboarding.js';
import { batchResults } from '../../client/batches.js';
import { color, print, printJson } from '../../terminal/print.js';
import { visible } from '../../terminal/visible-text.js';
import { formatCount } from '../../utils/format-count.js';
import type { Session } from '../../client/session.js';
import { exitCodeOf } from '../outcome-exit-code.js';

/** The most people to list. A result file has all of them. */
const maxListed = 20;

interface ShowOptions {
  json?: boolean | undefined;
  /** The number of rows of the file that were not imported. */
  leftOut?: number;
  /** Whether a role above the one in the file is accepted. */
  keepHigher?: boolean | undefined;
  /** Called with each person's result, in the order of the batch. */
  onResult?: (result: PersonResult) => Promise<void> | void;
}

/** Prints everybody's current result for a closed batch. Those who needed attention may have been resumed since. */
export async function showBatch(session: Session, outcome: BatchOutcome, options: ShowOptions): Promise<ExitCode> {
  const { json, leftOut = 0, keepHigher = false, onResult } = options;
  const created: Record<Created, number> = { now: 0, earlier: 0, no: 0 };
  let otherNames = 0;
  const counts = { ...noCounts };
  const toLookAt: PersonResult[] = [];
  for await (const person of batchResults(session, outcome)) {
    counts[person.state]++;
    if (person.state === 'onboarded' && person.created) created[person.created]++;
    if (person.otherName !== undefined) otherNames++;
    if (isListed(person) && person.state !== 'cancelled') toLookAt.push(person);
    await onResult?.(person);
  }
  const settled = outcome.state === 'cancelled' ? outcome.state : stateAtEnd(counts);
  const state = leftOut > 0 ? 'failed' : settled;
  if (json) {
    const { chunks: _chunks, results: _results, ...shown } = outcome;
    const webUi = session.webUi(outcome.batchId, outcome.runId);
    printJson({ ...shown, state, counts, created, otherNames, leftOut, toLookAt, webUi });
  } else {
    const existed = created.earlier + created.no;
    const detail = `: ${formatCount(created.now)} created now, ${formatCount(existed)} existed`;
    const also = [
      otherNames > 0 && ` · ${formatCount(otherNames)} with another name at the portal`,
      leftOut > 0 && ` · ${formatCount(leftOut)} left out`,
    ].filter(Boolean);
    print(`${sign(state)} ${formatCounts(counts, existed > 0 ? detail : '')}${also.join('')}`);
    for (const person of toLookAt.slice(0, maxListed)) print(lineOf(person));
    if (toLookAt.length > maxListed)
      print(`  … and ${formatCount(toLookAt.length - maxListed)} more: --out FILE has all of them`);
    print(`  portal  ${outcome.portal}`);
    print(`  batch   ${outcome.batchId}`);
    showLinks(session, outcome);
  }
  return exitCodeOf({ state }, { keepHigher });
}

/** Links to the Web UI for a batch and everything that belongs to it, as a list that can be saved as a view. */
export function showLinks(session: Session, { batchId, runId }: Pick<BatchOutcome, 'batchId' | 'runId'>): void {
  const webUi = session.webUi(batchId, runId);
  const list = session.webUiList(`${batchKey.name}="${batchId}"`);
  if (webUi !== null) print(`  Web UI  ${webUi}`);
  if (list !== null) print(`          ${list}`);
}

function lineOf({ email, state, message = '', otherName }: PersonResult): string {
  const mark = state === 'failed' ? color(process.stdout, 'red', '✗') : color(process.stdout, 'yellow', '!');
  const other = otherName === undefined ? '' : `the portal shows the name ${visible(otherName)}`;
  return `  ${mark} ${email}  ${[message, other].filter(Boolean).join('; ')}`;
}

function sign(state: OnboardingStatus): string {
  if (state === 'onboarded') return color(process.stdout, ['green', 'bold'], '✓');
  return color(process.stdout, [state === 'needs-attention' ? 'yellow' : 'red', 'bold'], '!');
}
