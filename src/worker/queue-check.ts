import type { NativeConnection } from '@temporalio/worker';
import { codecKeyConflict, fingerprintOf } from '../codec/fingerprint.js';
import { Exit, exitCodes } from '../program/exit.js';
import type { CodecSettings } from '../program/settings/codec-keys.js';
import { missingNamespace } from '../temporal/connection.js';
import { grpcCodes, grpcErrorIn } from '../temporal/grpc-errors.js';
import { fingerprintIn } from '../temporal/identity.js';
import { recentPollers } from '../temporal/pollers.js';

interface WorkerQueue {
  address: string;
  namespace: string;
  taskQueue: string;
  codec: CodecSettings | undefined;
}

/**
 * Checks the namespace, and the codec of the workers that already poll. A run that alternates between workers with
 * different keys would fail for good.
 *
 * @throws {Exit} if this worker cannot work there
 */
export async function assertQueueIsUsable(connection: NativeConnection, queue: WorkerQueue): Promise<void> {
  const { address, namespace, taskQueue, codec } = queue;
  try {
    await connection.workflowService.describeNamespace({ namespace });
    if (!codec) return;
    for (const { identity } of await recentPollers(connection, queue)) {
      const workerFingerprint = fingerprintIn(identity);
      const conflict = workerFingerprint && codecKeyConflict(fingerprintOf(codec), workerFingerprint);
      if (conflict) {
        throw new Exit(
          exitCodes.usage,
          `another worker of ${taskQueue} at ${address} (${identity}) uses another codec: ${conflict}`,
          'Set CODEC_KEYS and ID_KEY to the same keys. If that worker has just been stopped, wait a minute.',
        );
      }
    }
  } catch (error) {
    const code = grpcErrorIn(error)?.code;
    if (code === grpcCodes.notFound) throw missingNamespace(namespace, address);
    // A worker may lack the permission to ask.
    if (code !== grpcCodes.permissionDenied) throw error;
  }
}
