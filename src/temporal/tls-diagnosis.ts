import { once } from 'node:events';
import { isIP } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { setTimeout as delay } from 'node:timers/promises';
import type { ConnectionOptions as TemporalOptions } from '@temporalio/client';

const handshakeTimeoutMs = 2_000;
/** A server that refuses our certificate reports it only after the handshake, and a busy one reports it late. */
const refusalTimeoutMs = 1_000;

/**
 * Diagnoses TLS and the name of an address, because the SDK's clients report only that there is no connection.
 *
 * @returns a sentence, or `undefined` if neither is the problem
 */
export async function diagnoseTls(
  { host, port }: { host: string; port: number },
  tls: TemporalOptions['tls'],
): Promise<string | undefined> {
  const address = `${host}:${port}`;
  const config = typeof tls === 'object' ? (tls ?? {}) : {};
  const { serverNameOverride, serverRootCACertificate: ca, clientCertPair } = config;
  const servername = serverNameOverride ?? host;
  try {
    const socket = connect({
      host,
      port,
      // TLS accepts no IP address as a server name.
      ...(isIP(servername) === 0 && { servername }),
      ALPNProtocols: ['h2'],
      ...(ca && { ca: Buffer.from(ca) }),
      ...(clientCertPair && { cert: Buffer.from(clientCertPair.crt), key: Buffer.from(clientCertPair.key) }),
      // If TLS is off, nothing is sent: this only finds out whether the server speaks TLS.
      rejectUnauthorized: Boolean(tls),
    });
    await handshake(socket);
    return tls ? undefined : `${address} speaks TLS: use --tls, or set TEMPORAL_TLS=true`;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
      return `the name ${host} does not resolve (${code}): check the address`;
    return tls ? explain(error as NodeJS.ErrnoException, address) : undefined;
  }
}

async function handshake(socket: TLSSocket): Promise<void> {
  try {
    const timeout = delay(handshakeTimeoutMs).then(() => Promise.reject(new Error('timeout')));
    await Promise.race([once(socket, 'secureConnect'), timeout]);
    // In TLS 1.3, our side of the handshake ends before the server has checked our certificate.
    const refused = once(socket, 'close').catch(() => undefined);
    if (await Promise.race([refused.then(() => true), delay(refusalTimeoutMs)])) throw new CertificateRefused();
  } finally {
    socket.on('error', () => undefined).destroy();
  }
}

class CertificateRefused extends Error {}

function explain(error: NodeJS.ErrnoException, address: string): string | undefined {
  const { code = '', message } = error;
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return `the certificate of ${address} is for another name (${message.split('. ').at(-1)}): check the address, or set --tls-server-name`;
  }
  if (error instanceof CertificateRefused || /ALERT/.test(code)) {
    return `${address} refuses the client certificate, or requires one: set --tls-cert-path and --tls-key-path to one that it accepts`;
  }
  if (/SELF_SIGNED|UNABLE_TO|CERT_|CERT$/.test(code)) {
    return `the certificate of ${address} is not trusted (${message}): set --tls-ca-path to the certificate of its authority`;
  }
  if (/WRONG_VERSION_NUMBER|PACKET_LENGTH/.test(code)) return `${address} does not speak TLS: leave out --tls`;
  return /^ERR_(?:SSL|OSSL|TLS)/.test(code) ? `TLS with ${address} fails: ${message}` : undefined;
}
