import { codecMismatch, fingerprintOf } from '../codec/fingerprint.js';
import { Exit, exitCodes } from '../program/exit.js';
import { fingerprintIn } from '../temporal/identity.js';
import { recentPollers } from '../temporal/pollers.js';
import type { Session } from './session.js';

/** The command must not continue: it would find nobody, start runs that no worker can read, or store names unencrypted. */
export class CodecMismatch extends Exit {}

/**
 * Compares the codec with those of the workers, by the fingerprints in their identities.
 *
 * @throws {CodecMismatch} if a worker has a codec and this command has none, or if no worker has the same keys
 */
export async function assertCodecMatchesWorkers(session: Session): Promise<void> {
  const { client, taskQueue, address, codec, local } = session;
  if (local?.owned) return;
  const fingerprints = (await recentPollers(client.connection, session))
    .map(({ identity }) => fingerprintIn(identity))
    .filter((fingerprint) => fingerprint !== undefined);
  const problems = fingerprints.map((theirs) => {
    if (!codec) return theirs === null ? undefined : 'CODEC_KEYS is set there, and not here';
    return theirs === null ? 'CODEC_KEYS is set here, and not there' : codecMismatch(fingerprintOf(codec), theirs);
  });
  const [problem] = problems.filter((each) => each !== undefined);
  // With a codec, one worker with the same keys is enough, because keys may be rotated just now.
  if (problem === undefined || (codec && problems.includes(undefined))) return;
  throw new CodecMismatch(
    exitCodes.usage,
    `the workers of ${taskQueue} at ${address} use another codec: ${problem}`,
    'Set CODEC_KEYS and ID_KEY as the workers have them. Nothing was started.',
  );
}
