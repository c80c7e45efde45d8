import { DefaultFailureConverter } from '@temporalio/common';

/**
 * Puts the message and stack of a failure into a payload, so they are encrypted, too. Bundle and worker load it by its
 * path.
 */
export const failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });
