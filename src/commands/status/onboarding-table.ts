import type { ListedOnboarding } from '../../client/list-onboardings.js';
import type { ShownOutcome } from '../../client/outcomes.js';
import { noReason } from '../../contract/search-attributes.js';
import { currentStep } from '../../contract/steps.js';
import { parseRole } from '../../domain/roles.js';
import { localTime } from '../../terminal/local-time.js';
import { visible } from '../../terminal/visible-text.js';

/** An onboarding as visibility lists it, with its outcome if a worker answered. */
export interface OnboardingRow {
  listed: ListedOnboarding;
  outcome: ShownOutcome | undefined;
}

const headings = ['e-mail', 'state', 'role', 'step', 'open since'];

/** The lines of the table for `status` and `status --watch`. Columns without content are left out. */
export function onboardingTable(rows: readonly OnboardingRow[]): string[] {
  if (rows.length === 0) return [];
  const cells = rows.map(({ listed, outcome }) => [
    visible(listed.email),
    stateOf(listed),
    roleOf(outcome),
    stepOf(outcome),
    startOf(listed),
  ]);
  const columns = headings.flatMap((heading, column) => {
    const texts = cells.map((row) => row[column] ?? '');
    if (texts.every((text) => text === '')) return [];
    const width = Math.max(heading.length, ...texts.map((text) => text.length));
    return [[heading, ...texts].map((text) => text.padEnd(width))];
  });
  return [-1, ...rows.keys()].map((row) =>
    columns
      .map((column) => column[row + 1])
      .join('  ')
      .trimEnd(),
  );
}

function stateOf({ state, reason }: ListedOnboarding): string {
  const shown = state ?? 'unknown';
  return reason === null || reason === noReason ? shown : `${shown}: ${reason}`;
}

/** The role that the portal shows, and the requested one if it differs. */
function roleOf(outcome: ShownOutcome | undefined): string {
  if (!outcome) return '';
  const requested = parseRole(outcome.requestedRole ?? '');
  if (requested === undefined || requested === outcome.role) return outcome.role ?? '';
  return `${outcome.role ?? '–'} → ${requested}`;
}

function stepOf(outcome: ShownOutcome | undefined): string {
  const current = outcome && currentStep(outcome.steps);
  if (!current) return '';
  const { title, attempt } = current;
  return attempt === undefined ? title : `${title}, attempt ${attempt}`;
}

/** The time if it is today, otherwise the date. */
function startOf({ startedAt }: ListedOnboarding): string {
  const [date, time = ''] = localTime(startedAt).split(' ');
  return date === localTime(new Date()).split(' ')[0] ? time : (date ?? '');
}
