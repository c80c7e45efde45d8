import { assertCodecMatchesWorkers } from '../client/codec-check.js';
import { openSession } from '../client/open-session.js';
import { explainServerError } from '../client/server-errors.js';
import type { Session } from '../client/session.js';
import type { LocalStack } from '../local/stack.js';
import type { Settings } from '../program/settings/starter-settings.js';
import { interruption } from '../program/stop-signals.js';
import type { ConnectionFlags } from '../temporal/connection-flags.js';
import { info } from '../terminal/print.js';

interface SessionFlags extends ConnectionFlags {
  settings: Settings;
  detach?: true | undefined;
}

/** Runs a command with a session, and closes it. A stop signal ends the command at once. */
export async function withSession<Result>(
  { flags, needsWorker }: { flags: SessionFlags; needsWorker: boolean },
  command: (session: Session) => Promise<Result>,
): Promise<Result> {
  let local: LocalStack | undefined;
  let isOpen = false;
  const interrupted = interruption(() => (isOpen ? whatContinues(local, needsWorker) : 'Nothing was started.'));
  const { settings, detach: isDetached = false } = flags;
  const session = await openSession({ flags, settings, needsWorker, isDetached, notify: info, interrupted });
  ({ local } = session);
  isOpen = true;
  try {
    await Promise.race([assertCodecMatchesWorkers(session), interrupted]);
    return await Promise.race([command(session), interrupted]);
  } catch (error) {
    throw explainServerError(error, session);
  } finally {
    await session.close();
  }
}

function whatContinues(local: LocalStack | undefined, needsWorker: boolean): string {
  if (!local?.owned) return 'Started work continues at the server. `npm run starter -- status` shows it.';
  if (needsWorker) return 'The work has stopped with this command. Run the same command again to continue it.';
  return 'Nothing continues now. `npm run dev` continues open work.';
}
