import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Exit } from '../../program/exit.js';
import type { CodecSettings } from '../../program/settings/codec-keys.js';
import { envFilePath } from '../../program/settings/environment.js';
import type { Settings } from '../../program/settings/starter-settings.js';
import type { ConnectionFlags } from '../../temporal/connection-flags.js';
import { temporalConfig } from '../../temporal/connection.js';
import type { Finding } from './finding.js';

/** Shows which `.env` and which `.local/` the commands use. */
export function checkFolder(): Finding {
  const local = resolve('.local');
  const env = existsSync(envFilePath()) ? `settings from ${envFilePath()}` : `no ${envFilePath()}`;
  const state = existsSync(local) ? `local stack in ${local}` : `no local stack in ${local} yet`;
  return { check: 'folder', ok: true, message: `${env}; ${state}` };
}

const packageJson = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as {
  version: string;
  dependencies: Record<string, string>;
};

export function checkVersions(node = process.versions.node): Finding {
  const { version, dependencies } = packageJson;
  const [major = 0, minor = 0] = node.split('.').map(Number);
  // The same as `engines` in package.json.
  const ok = (major === 20 && minor >= 19) || (major === 22 && minor >= 13) || major >= 24;
  const message = `docspace-onboarding ${version}, Temporal SDK ${dependencies['@temporalio/worker']}, Node ${node}`;
  return { check: 'versions', ok, message, ...(!ok && { fix: 'install Node 20.19, 22.13, 24 or newer' }) };
}

export function checkCodec(codec: CodecSettings | undefined): Finding {
  if (!codec) {
    const message = 'off: the history shows names and e-mails; set CODEC_KEYS and ID_KEY to turn it on';
    return { check: 'codec', ok: true, message };
  }
  const [first, ...others] = codec.keys.keys();
  const older = others.length === 0 ? '' : `, ${others.map((id) => `"${id}"`).join(', ')} still decrypts`;
  return { check: 'codec', ok: true, message: `on: "${first}" encrypts${older}; ids are keyed hashes` };
}

/** Shows the connection to an external Temporal server, if one is set. */
export async function checkConnection(flags: ConnectionFlags, { temporal }: Settings): Promise<Finding[]> {
  try {
    const { address, options, namespace } = await temporalConfig(flags, temporal);
    if (address === undefined) return [];
    const { tls, apiKey } = options;
    const security = [
      tls ? 'TLS' : 'no TLS',
      typeof tls === 'object' && tls?.clientCertPair && 'a client certificate',
      apiKey !== undefined && 'an API key',
    ].filter(Boolean);
    const message = `${address}, namespace ${namespace}, with ${security.join(', ')}`;
    return [{ check: 'connection', ok: true, message }];
  } catch (error) {
    if (!(error instanceof Exit)) throw error;
    const fix = error.hint ?? 'check the options, TEMPORAL_* and temporal.toml';
    return [{ check: 'connection', ok: false, message: error.problems.join('; '), fix }];
  }
}
