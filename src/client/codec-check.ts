import { Exit, exitCodes } from '../program/exit.js';
import { fingerprintIn } from '../temporal/identity.js';
import { listPollers } from './workers.js';
import type { Session } from './session.js';

/** A command would find nobody by e-mail, and start runs with names that everybody can read. */
export class CodecMissing extends Exit {}

/**
 * What is encrypted at the workers is not sent readable by a command; their identities tell.
 *
 * @throws {CodecMissing} where a worker has a codec, and this command has none
 */
export async function assertCodecMatchesWorkers(session: Session): Promise<void> {
  if (session.local?.owned || session.codec !== undefined) return;
  const workers = await listPollers(session);
  if (!workers.some(({ identity }) => fingerprintIn(identity ?? ''))) return;
  throw new CodecMissing(
    exitCodes.usage,
    `CODEC_KEYS is set at a worker of ${session.taskQueue} at ${session.address}, and not here`,
    'Set CODEC_KEYS and ID_KEY as the workers have them; nothing was started.',
  );
}
