import type { DataConverter } from '@temporalio/common';
import { fileURLToPath } from 'node:url';
import { EncryptingCodec } from './payload-codec.js';
import type { CodecSettings } from './settings.js';

/**
 * What clients and workers convert data with. Without a codec nothing is encrypted, and what is encrypted already is
 * recognised.
 */
export function dataConverterOf(codec: CodecSettings | undefined): DataConverter {
  return {
    payloadCodecs: [new EncryptingCodec(codec)],
    ...(codec && { failureConverterPath: fileURLToPath(new URL('./failure-converter.js', import.meta.url)) }),
  };
}

/** The bundle of the workflows that goes with it: failures of workflows are made inside of it. */
export function workflowBundleOf(codec: CodecSettings | undefined): { codePath: string } {
  const name = codec ? 'workflow-bundle.encrypted.js' : 'workflow-bundle.js';
  return { codePath: fileURLToPath(new URL(`../${name}`, import.meta.url)) };
}
