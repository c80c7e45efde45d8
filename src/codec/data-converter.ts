import type { DataConverter } from '@temporalio/common';
import { fileURLToPath } from 'node:url';
import type { CodecSettings } from '../program/settings/codec-keys.js';
import { EncryptingCodec } from './payload-codec.js';

/** The data converter of clients and workers. Without keys it encrypts nothing, but recognises encrypted payloads. */
export function createDataConverter(codec: CodecSettings | undefined): DataConverter {
  return {
    payloadCodecs: [new EncryptingCodec(codec)],
    ...(codec && { failureConverterPath: fileURLToPath(new URL('./failure-converter.js', import.meta.url)) }),
  };
}

/** The workflow bundle for the data converter. Failures of workflows are converted inside the bundle. */
export function workflowBundleFor(codec: CodecSettings | undefined): { codePath: string } {
  const name = codec ? 'workflow-bundle.encrypted.js' : 'workflow-bundle.js';
  return { codePath: fileURLToPath(new URL(`../${name}`, import.meta.url)) };
}
