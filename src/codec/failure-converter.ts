import { DefaultFailureConverter } from '@temporalio/common';

/** Failures whose message and stack are a payload, so that they are encrypted too. Its path is given to bundle and worker. */
export const failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });
