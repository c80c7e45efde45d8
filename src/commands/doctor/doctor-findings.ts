import { readFileSync } from 'node:fs';
import type { CodecSettings } from '../../program/settings/codec-keys.js';
import type { Settings } from '../../program/settings/starter-settings.js';
import type { ConnectionFlags } from '../../temporal/connection-flags.js';
import { temporalConfig } from '../../temporal/connection.js';
import { Exit } from '../../program/exit.js';

/** What `doctor` says of one thing. */
export interface Finding {
  check:
    | 'configuration'
    | 'versions'
    | 'secrets'
    | 'codec'
    | 'connection'
    | 'temporal'
    | 'workers'
    | 'portal'
    | 'duplicates';
  ok: boolean;
  says: string;
  /** What is to be done, where something is wrong or could be better. */
  mend?: string;
}

/** The Node that the SDK and the codec need, as package.json has it. */
const oldestNode = [20, 19] as const;

export function versions(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const ok = major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1]);
  const says = `docspace-onboarding ${own.version}, Temporal SDK ${own.dependencies['@temporalio/worker']}, Node ${process.versions.node}`;
  return { check: 'versions', ok, says, ...(!ok && { mend: `install Node ${oldestNode.join('.')} or newer` }) };
}

const own = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as {
  version: string;
  dependencies: Record<string, string>;
};

export function codecIn(codec: CodecSettings | undefined): Finding {
  if (!codec) {
    const says = 'off: names and e-mails can be read in the history (CODEC_KEYS and ID_KEY switch it on)';
    return { check: 'codec', ok: true, says };
  }
  const [first, ...others] = codec.keys.keys();
  const older = others.length === 0 ? '' : `, and ${others.map((id) => `"${id}"`).join(', ')} still decrypts`;
  return { check: 'codec', ok: true, says: `on: "${first}" encrypts${older}; ids are keyed hashes` };
}

/** How a given server is reached; without one nothing is to be said. */
export async function lookAtConnection(flags: ConnectionFlags, { temporal }: Settings): Promise<Finding[]> {
  try {
    const { address, options, namespace } = await temporalConfig(flags, temporal);
    if (address === undefined) return [];
    const { tls, apiKey } = options;
    const withWhat = [
      tls ? 'TLS' : 'no TLS',
      typeof tls === 'object' && tls?.clientCertPair && 'a client certificate',
      apiKey !== undefined && 'an API key',
    ].filter(Boolean);
    return [{ check: 'connection', ok: true, says: `${address}, namespace ${namespace}, with ${withWhat.join(', ')}` }];
  } catch (error) {
    if (!(error instanceof Exit)) throw error;
    const mend = error.hint ?? 'check the flags, TEMPORAL_* and temporal.toml';
    return [{ check: 'connection', ok: false, says: error.problems.join('; '), mend }];
  }
}
