import { DefaultFailureConverter } from '@temporalio/common';

/** Encrypts the message and stack of a failure, too. Bundle and worker load this file by its path. */
export const failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });
