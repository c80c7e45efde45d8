import { randomUUID } from 'node:crypto';
import { exitCodes, type ExitCode } from '../exit.js';
import { exitCodeOf, follow, noWorker, outcomeOf, someonePolls } from './outcomes.js';
import { stepProgress } from './progress.js';
import type { CommonFlags } from './read.js';
import { printJson, say } from './say.js';
import { needServerThatStays, withSession } from './session.js';
import { showOutcome } from './show.js';
import { guardPortal, signalRole } from './start.js';

/** Signals a role change, and waits until the portal shows it. */
export function role(
  { email, role: wanted }: { email: string; role: string },
  flags: CommonFlags & { detach?: boolean },
): Promise<ExitCode> {
  return withSession({ flags, works: true }, async (session) => {
    if (flags.detach) needServerThatStays(session);
    await guardPortal(session, email);
    const handle = await signalRole(session, email, wanted);
    if (flags.detach) {
      if (flags.json) printJson({ email, workflowId: handle.workflowId, portal: session.portal });
      say(`Sent. Look at it with \`npm run starter -- status ${email}\`.`);
      if (!(await someonePolls(session))) say(`warning: ${noWorker(session, '').problems[0]}`);
      return exitCodes.done;
    }
    const progress = stepProgress();
    try {
      const outcome = await follow(session, handle, outcomeOf(handle, randomUUID()), (seen) => progress.show(seen));
      progress.show(outcome);
      progress.end();
      if (flags.json) printJson(outcome);
      else showOutcome(outcome);
      return exitCodeOf(outcome);
    } finally {
      progress.end();
    }
  });
}
