import { request, type IncomingHttpHeaders } from 'node:http';
import type { TestPortal } from '../support/portal.js';

export interface Exchange {
  status: number | undefined;
  headers: IncomingHttpHeaders;
  body: Buffer;
  /** How many reads the body took. */
  chunks: number;
  /** The error that ended it, where it was not complete. */
  code: string | undefined;
}

/** A call as it is on the wire, without what a client would do for its user. With `stopAfter` it hangs up after so many reads. */
export function exchange(portal: TestPortal, method: string, path: string, given?: unknown, stopAfter = Infinity) {
  return new Promise<Exchange>((resolve) => {
    const chunks: Buffer[] = [];
    const seen: Pick<Exchange, 'status' | 'headers'> = { status: undefined, headers: {} };
    const end = (error?: NodeJS.ErrnoException): void =>
      resolve({ ...seen, body: Buffer.concat(chunks), chunks: chunks.length, code: error?.code });
    const headers = { authorization: `Bearer ${portal.keys.owner}`, 'content-type': 'application/json' };
    const call = request(`${portal.url}/api/2.0${path}`, { method, headers, agent: false }, (answer) => {
      Object.assign(seen, { status: answer.statusCode, headers: answer.headers });
      answer.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        if (chunks.length < stopAfter) return;
        end();
        call.destroy();
      });
      answer.on('end', () => end());
      answer.on('error', end);
    });
    call.on('error', end);
    call.end(given === undefined ? undefined : JSON.stringify(given));
  });
}
