import { secretIn, type Environment } from '../program/settings.js';

export interface CodecServerSettings {
  port: number;
  /** Origin of the Web UI, whose pages alone may ask. */
  ui: string;
  token: string;
}

const defaultPort = '8234';
/** Where the Temporal CLI and docker-compose.yml have it. */
const defaultUi = 'http://localhost:8233';

/** What the codec server is told, and what is wrong with it. */
export function readCodecServer(env: Environment, problems: string[]): CodecServerSettings {
  const port = env['CODEC_SERVER_PORT']?.trim() || defaultPort;
  if (!/^\d+$/.test(port) || Number(port) > 65_535) problems.push(`CODEC_SERVER_PORT is not a port: ${port}`);
  const ui = env['CODEC_SERVER_UI']?.trim() || defaultUi;
  if (!URL.canParse(ui) || new URL(ui).origin !== ui) {
    problems.push(`CODEC_SERVER_UI is not an origin such as ${defaultUi}, without a path: ${ui}`);
  }
  const isSet = env['CODEC_SERVER_TOKEN'] !== undefined || env['CODEC_SERVER_TOKEN_FILE'] !== undefined;
  const token = secretIn(env, 'CODEC_SERVER_TOKEN', problems)?.trim();
  if (!isSet) problems.push('CODEC_SERVER_TOKEN is not set: make one with: openssl rand -hex 32');
  else if (token !== undefined && !/^[\w-]{32,}$/.test(token)) {
    problems.push('CODEC_SERVER_TOKEN is not of 32 or more letters and digits; make one with: openssl rand -hex 32');
  }
  return { port: Number(port), ui, token: token ?? '' };
}
