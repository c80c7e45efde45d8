import { parseRole } from '../../domain/roles.js';
import { Exit } from '../../program/exit.js';
import { noReason } from '../../contract/search-attributes.js';
import type { ListedOnboarding } from '../../client/list-onboardings.js';
import { queryOutcome, withRetries, type ShownOutcome } from '../../client/outcomes.js';
import { steps } from '../../contract/steps.js';
import { Redraw } from '../../terminal/redraw.js';
import { onboardingHandle } from '../../client/start-onboarding.js';
import { noWorker, hasPollers } from '../../client/workers.js';
import { visible } from '../../terminal/visible-text.js';
import type { Session } from '../../client/session.js';

/** What a workflow said of itself, and how long its history was then: it has changed where that has. */
interface Said {
  events: number;
  outcome: ShownOutcome | undefined;
}

const head = ['e-mail', 'state', 'needs', 'role', 'step', 'open for'];

/** Open onboardings on a terminal, drawn in their place as they change. */
export class LiveTable {
  private said = new Map<string, Said>();
  private readonly terminal = new Redraw(process.stdout);

  constructor(private readonly session: Session) {}

  /** How many rows fit. */
  get room(): number {
    return this.terminal.rows - 4;
  }

  /** @param total how many are open; the rows may be fewer */
  async show(rows: readonly ListedOnboarding[], total: number): Promise<void> {
    const polled = await hasPollers(this.session);
    const outcomes = await Promise.all(rows.map((row) => this.ask(row, polled)));
    const cells = rows.map((row, index) => cellsOf(row, outcomes[index]));
    const table = rows.length === 0 ? [] : [...aligned([head, ...cells]), ''];
    this.terminal.draw([...table, this.summary(rows.length, total), this.advice(polled)]);
  }

  /** Only what has changed is asked, and only where a worker can answer; a step's retries are known to the server. */
  private async ask({ email, runId }: ListedOnboarding, polled: boolean): Promise<ShownOutcome | undefined> {
    const handle = onboardingHandle(this.session, email);
    const description = await handle.describe();
    const before = this.said.get(runId);
    if (polled && before?.events !== description.historyLength) {
      const outcome = await queryOutcome(this.session, handle).catch(unlessOfAnotherPortal);
      this.said.set(runId, { events: description.historyLength, outcome });
    }
    const outcome = this.said.get(runId)?.outcome;
    return outcome && withRetries(outcome, description);
  }

  private summary(shown: number, total: number): string {
    const { portal } = this.session;
    if (total === 0) return `No onboarding is open for ${portal}.`;
    return `${total} open for ${portal}${total > shown ? `, ${total - shown} of them not shown` : ''}.`;
  }

  private advice(polled: boolean): string {
    const { local } = this.session;
    if (!polled) return `${noWorker(this.session, '').problems[0]}: start one with \`npm run worker\`.`;
    const idle = local?.owned ? 'Nobody works on them now: `npm run dev` does. ' : '';
    return `${idle}Ctrl-C ends the watching, not the work.`;
  }
}

function unlessOfAnotherPortal(error: unknown): undefined {
  if (!(error instanceof Exit)) throw error;
}

function cellsOf({ email, state, reason, startedAt }: ListedOnboarding, outcome: ShownOutcome | undefined): string[] {
  const needs = reason === noReason ? '' : (reason ?? '');
  return [visible(email), state ?? 'unknown', needs, rolesOf(outcome), stepOf(outcome), ageOf(startedAt)];
}

/** What the portal shows, and what is wanted where that is another role. */
function rolesOf(outcome: ShownOutcome | undefined): string {
  if (!outcome) return '';
  const wanted = parseRole(outcome.requestedRole ?? '');
  return wanted === undefined || wanted === outcome.role ? (outcome.role ?? '') : `${outcome.role ?? '–'} → ${wanted}`;
}

function stepOf(outcome: ShownOutcome | undefined): string {
  const step = steps.find(({ name }) => ['running', 'retrying'].includes(outcome?.steps[name].state ?? ''));
  if (!outcome || !step) return '';
  const { attempt } = outcome.steps[step.name];
  return attempt === undefined ? step.title : `${step.title}, attempt ${attempt}`;
}

function ageOf(startedAt: string): string {
  const seconds = Math.max(0, Math.floor((Date.now() - Date.parse(startedAt)) / 1_000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
