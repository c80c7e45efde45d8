import type { ListedOnboarding } from '../../client/list-onboardings.js';
import type { Session } from '../../client/session.js';
import { hasPollers, noWorkerProblem } from '../../client/workers.js';
import { createRedraw } from '../../terminal/redraw.js';
import { countOf } from '../../utils/format-count.js';
import { onboardingTable } from './onboarding-table.js';
import { OutcomeCache } from './outcome-cache.js';

/** Lines of the screen that show no onboarding: the headings, the summary below, and the cursor. */
const otherLines = 6;

/** Shows the open onboardings on a terminal, and redraws them as they change. */
export class LiveTable {
  private readonly outcomes: OutcomeCache;
  private readonly draw = createRedraw(process.stdout);

  constructor(private readonly session: Session) {
    this.outcomes = new OutcomeCache(session);
  }

  /** The number of onboardings that fit on the screen. */
  get maxRows(): number {
    return Math.max((process.stdout.rows || 24) - otherLines, 1);
  }

  /** @param total the number of open onboardings; `onboardings` may be fewer */
  async show(onboardings: readonly ListedOnboarding[], total: number): Promise<void> {
    const hasWorker = await hasPollers(this.session);
    const table = onboardingTable(await this.outcomes.read(onboardings, hasWorker));
    const lines = [...table, '', this.summary(onboardings.length, total), ...this.advice(hasWorker)];
    this.draw(lines.map((line) => line.slice(0, process.stdout.columns || 80)).join('\n'));
  }

  private summary(shown: number, total: number): string {
    const { portal } = this.session;
    if (total === 0) return `No onboarding is open for ${portal}.`;
    return `${countOf(total, 'onboarding')} open for ${portal}${total > shown ? `, ${total - shown} not shown` : ''}.`;
  }

  private advice(hasWorker: boolean): string[] {
    const { local } = this.session;
    if (!hasWorker) return [`${noWorkerProblem(this.session)}.`, 'Start one with `npm run worker`.'];
    const idle = local?.owned ? ['Nothing continues now. `npm run dev` continues it.'] : [];
    return [...idle, 'Ctrl-C stops watching, not the work.'];
  }
}
