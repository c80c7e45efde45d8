import { WorkflowNotFoundError } from '@temporalio/client';
import { Exit, exitCodes, type ExitCode } from '../../program/exit.js';
import type { PersonResult } from '../../contract/batch.js';
import { batchHandle } from '../../client/batches.js';
import type { ServerContext } from '../command.js';
import { withSession } from '../with-session.js';
import { settleBatch } from './settle-batch.js';
import { showBatch } from './show-batch.js';
import { onboardingHandle } from '../../client/start-onboarding.js';
import { isOpen } from './status-batch.js';
import type { Session } from '../../client/session.js';

/** Stops a batch: whoever is on the way is seen through, nobody else is begun with, and what exists is printed. */
export function cancelBatch(id: string, flags: ServerContext): Promise<ExitCode> {
  const { json } = flags;
  return withSession({ flags, needsWorker: false }, async (session) => {
    const handle = batchHandle(session, id);
    if (!(await isOpen(session, handle))) {
      throw new Exit(exitCodes.failed, `${id} is over, so that there is nothing to cancel`);
    }
    await handle.cancel();
    const outcome = await settleBatch(session, handle, json);
    const code = await showBatch(session, outcome, { json, onResult: (result) => cancelOwn(session, result) });
    return outcome.state === 'cancelled' ? exitCodes.done : code;
  });
}

/** Who was handed over would go on once released: that is part of the wrong file, too. */
async function cancelOwn(session: Session, { email, state }: PersonResult): Promise<void> {
  if (state !== 'needs-attention') return;
  await onboardingHandle(session, email)
    .cancel()
    .catch((error: unknown) => {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
    });
}
