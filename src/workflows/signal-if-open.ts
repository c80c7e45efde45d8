import {
  isCancellation,
  TemporalFailure,
  type ExternalWorkflowHandle,
  type SignalDefinition,
} from '@temporalio/workflow';

/** Signals another workflow. @returns `false` if it has closed */
export async function signalIfOpen<Args extends unknown[]>(
  handle: ExternalWorkflowHandle,
  signal: SignalDefinition<Args>,
  ...args: Args
): Promise<boolean> {
  try {
    await handle.signal(signal, ...args);
    return true;
  } catch (error) {
    if (!(error instanceof TemporalFailure) || isCancellation(error)) throw error;
    return false;
  }
}
