import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { WireFault } from './faults.js';
import type { Call } from './call.js';
import type { Deferred } from './deferred.js';
import { groupsOf, newEmployee } from '../portal/employee.js';
import type { People } from '../portal/people.js';
import { profileOf } from '../portal/profile.js';

/** What each fault does to an answer and to the socket that it goes to. */

export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string | Buffer;
}

/** A call, as far as it got. Without an answer, the portal has not carried it out. */
interface FaultTarget {
  call: Call;
  answer: Answer | undefined;
  response: ServerResponse;
  /** Takes the portal down for so many milliseconds. */
  simulateOutage: (milliseconds: number) => void;
}

/** @returns what is to be answered, or that the call goes on as if nothing had happened, or that its caller gets nothing */
export async function applyFault(
  does: WireFault,
  { call, answer, response, simulateOutage }: FaultTarget,
  people: People,
  deferred: Deferred,
): Promise<Answer | 'continue' | 'lost'> {
  const whole = answer ?? nobody();
  const body = Buffer.from(whole.body);
  const half = body.subarray(0, body.length / 2);
  switch (does.kind) {
    case 'hold':
      call.record('held');
      await deferred.until();
      return 'continue';
    case 'hang':
      return 'lost';
    case 'reset':
      reset(response);
      return 'lost';
    case 'refused':
      simulateOutage(does.milliseconds);
      return 'lost';
    case 'answer':
      if (does.delay !== undefined) await delay(does.delay);
      return does;
    case 'cut':
      response.writeHead(whole.status, { ...whole.headers, 'content-length': body.length });
      response.write(half, () => (does.ends === 'fin' ? response.socket?.end() : reset(response)));
      return 'lost';
    case 'garbled':
      return { ...whole, headers: { ...whole.headers, 'content-length': String(half.length) }, body: half };
    case 'slow':
      response.writeHead(whole.status, whole.headers);
      writeSlowly(body, does.every, response);
      return 'lost';
    case 'huge':
      return { ...whole, body: padded(body, does.bytes) };
    case 'bomb':
      return {
        ...whole,
        headers: { ...whole.headers, 'content-encoding': 'gzip' },
        body: await promisify(gzip)(padded(body, does.bytes)),
      };
    case 'other-profile': {
      const otherProfile = profileOf(people.withEmail(does.email) ?? madeUp(does.email), undefined);
      return enveloped(/^PUT \/people\/(type|status)\//.test(call.route) ? [otherProfile] : otherProfile);
    }
  }
}

export function reset(response: ServerResponse): void {
  response.socket?.resetAndDestroy();
}

function writeSlowly(body: Buffer, every: number, response: ServerResponse): void {
  let sent = 0;
  const timer = setInterval(() => {
    response.write(sent < body.length ? body.subarray(sent, sent + 1) : ' ');
    sent++;
  }, every);
  response.once('close', () => clearInterval(timer));
}

function padded(body: Buffer, bytes: number): Buffer {
  return Buffer.concat([body, Buffer.alloc(Math.max(0, bytes - body.length), ' ')]);
}

function madeUp(email: string): Parameters<typeof profileOf>[0] {
  const person = newEmployee({ firstName: 'Una', lastName: 'Known', email, notes: '' });
  return { ...person, groups: groupsOf('User') };
}

/** What there is to cut where the portal has answered nothing yet. */
function nobody(): Answer {
  return enveloped({ id: '00000000-0000-4000-8000-000000000000', email: 'nobody@sandbox.example' });
}

function enveloped(response: object): Answer {
  const body = JSON.stringify({ response, count: 1, links: [], status: 0, statusCode: 200 });
  return { status: 200, headers: { 'content-type': 'application/json; charset=utf-8' }, body };
}
