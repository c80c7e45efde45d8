import { once } from 'node:events';
import { connect, type TLSSocket } from 'node:tls';
import { setTimeout as delay } from 'node:timers/promises';
import type { ConnectionOptions as TemporalOptions } from '@temporalio/client';

/** Milliseconds for a handshake, and for a server that does not like our certificate to say so afterwards. */
const handshakeTimeout = 2_000;
const objectionTimeout = 300;

/**
 * What is wrong with TLS at an address, in a sentence, or `undefined` where it is not TLS: the clients of the SDK only
 * say that there is no connection.
 */
export async function diagnoseTls(address: string, tls: TemporalOptions['tls']): Promise<string | undefined> {
  const [, host = '', port = '7233'] = /^\[?(.*?)\]?(?::(\d+))?$/.exec(address) ?? [];
  const {
    serverNameOverride,
    serverRootCACertificate: ca,
    clientCertPair,
  } = typeof tls === 'object' ? (tls ?? {}) : {};
  try {
    const socket = connect({
      host,
      port: Number(port),
      servername: serverNameOverride ?? host,
      ALPNProtocols: ['h2'],
      ...(ca && { ca: Buffer.from(ca) }),
      ...(clientCertPair && { cert: Buffer.from(clientCertPair.crt), key: Buffer.from(clientCertPair.key) }),
      // Without TLS nothing is sent, and only whether it speaks TLS is asked.
      rejectUnauthorized: Boolean(tls),
    });
    await handshake(socket);
    return tls ? undefined : `${address} speaks TLS: say --tls, or set TEMPORAL_TLS=true`;
  } catch (error) {
    return tls ? sentenceOf(error as NodeJS.ErrnoException, address) : undefined;
  }
}

async function handshake(socket: TLSSocket): Promise<void> {
  try {
    const late = delay(handshakeTimeout).then(() => Promise.reject(new Error('timeout')));
    await Promise.race([once(socket, 'secureConnect'), late]);
    // In TLS 1.3 our side of the handshake is over before the server has looked at our certificate.
    const objection = once(socket, 'close').catch(() => undefined);
    if (await Promise.race([objection.then(() => true), delay(objectionTimeout)])) throw new Objection();
  } finally {
    socket.on('error', () => undefined).destroy();
  }
}

class Objection extends Error {}

function sentenceOf(error: NodeJS.ErrnoException, address: string): string | undefined {
  const { code = '', message } = error;
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return `the certificate of ${address} is for another name (${message.split('. ').at(-1)}): check the address, or set --tls-server-name`;
  }
  if (error instanceof Objection || /ALERT/.test(code)) {
    return `${address} refuses the client certificate, or asks for one: set --tls-cert-path and --tls-key-path to one that it knows`;
  }
  if (/SELF_SIGNED|UNABLE_TO|CERT_|CERT$/.test(code)) {
    return `the certificate of ${address} is not trusted (${message}): set --tls-ca-path to the certificate of its authority`;
  }
  if (/WRONG_VERSION_NUMBER|PACKET_LENGTH/.test(code)) return `${address} does not speak TLS: leave --tls out`;
  return /^ERR_(?:SSL|OSSL|TLS)/.test(code) ? `TLS with ${address} does not come about: ${message}` : undefined;
}
