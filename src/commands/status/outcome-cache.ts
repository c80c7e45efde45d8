import pMap from 'p-map';
import { ifFound } from '../../client/find-runs.js';
import type { ListedOnboarding } from '../../client/list-onboardings.js';
import { queryOutcome, withRetries, type ShownOutcome, handleOfId } from '../../client/outcomes.js';
import type { Session } from '../../client/session.js';
import { Exit } from '../../program/exit.js';
import type { OnboardingRow } from './onboarding-table.js';

const queriesAtOnce = 20;

/** An outcome, and the length of the history at that time. The outcome changes only if the history grows. */
interface CachedOutcome {
  historyLength: number;
  outcome: ShownOutcome | undefined;
}

/** Reads the outcomes of listed onboardings, and queries only those that have changed. */
export class OutcomeCache {
  private readonly cached = new Map<string, CachedOutcome>();

  constructor(private readonly session: Session) {}

  /** @param hasWorker without a worker, each query would take seconds to fail */
  read(onboardings: readonly ListedOnboarding[], hasWorker: boolean): Promise<OnboardingRow[]> {
    return pMap(onboardings, async (listed) => ({ listed, outcome: await this.readOne(listed, hasWorker) }), {
      concurrency: queriesAtOnce,
    });
  }

  private async readOne(
    { workflowId, runId }: ListedOnboarding,
    hasWorker: boolean,
  ): Promise<ShownOutcome | undefined> {
    const handle = handleOfId(this.session, workflowId);
    const description = await ifFound(handle.describe());
    if (!description) return undefined; // somebody deleted it meanwhile
    const { historyLength } = description;
    if (hasWorker && this.cached.get(runId)?.historyLength !== historyLength) {
      const outcome = await queryOutcome(this.session, handle).catch(ignoreOtherPortal);
      this.cached.set(runId, { historyLength, outcome });
    }
    const outcome = this.cached.get(runId)?.outcome;
    return outcome && withRetries(this.session, outcome, description);
  }
}

function ignoreOtherPortal(error: unknown): undefined {
  if (!(error instanceof Exit)) throw error;
}
