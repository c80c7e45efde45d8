import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { groupsOf, newEmployee, type Employee } from '../portal/employee.js';
import type { People } from '../portal/people.js';
import { fullProfile } from '../portal/profile.js';
import type { Call } from './call.js';
import type { Deferred } from './deferred.js';
import type { WireFault } from './faults.js';

/** What each wire fault does to an answer and to its socket. */

export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string | Buffer;
}

/** A call in progress. If it has no answer, the portal has not carried it out. */
interface FaultTarget {
  call: Call;
  answer: Answer | undefined;
  response: ServerResponse;
  people: People;
  deferred: Deferred;
  simulateOutage: (milliseconds: number) => void;
}

/**
 * @returns the answer to send, `continue` to proceed as if nothing had happened, or `lost` if the caller gets nothing
 */
export async function applyFault(does: WireFault, target: FaultTarget): Promise<Answer | 'continue' | 'lost'> {
  const { call, response, people, deferred } = target;
  const answer = target.answer ?? placeholder();
  const body = Buffer.from(answer.body);
  const half = body.subarray(0, body.length / 2);
  switch (does.kind) {
    case 'hold':
      call.record('held');
      await deferred.until();
      return 'continue';
    case 'hang':
      return 'lost';
    case 'reset':
      call.reset();
      return 'lost';
    case 'refused':
      target.simulateOutage(does.milliseconds);
      return 'lost';
    case 'answer':
      if (does.delay !== undefined) await delay(does.delay);
      return does;
    case 'cut':
      response.writeHead(answer.status, { ...answer.headers, 'content-length': body.length });
      response.write(half, () => (does.ends === 'fin' ? response.socket?.end() : resetConnection(response)));
      return 'lost';
    case 'garbled':
      return { ...answer, headers: { ...answer.headers, 'content-length': String(half.length) }, body: half };
    case 'slow':
      response.writeHead(answer.status, answer.headers);
      writeSlowly(body, does.every, response);
      return 'lost';
    case 'huge':
      return { ...answer, body: padded(body, does.bytes) };
    case 'bomb':
      return {
        ...answer,
        headers: { ...answer.headers, 'content-encoding': 'gzip' },
        body: await promisify(gzip)(padded(body, does.bytes)),
      };
    case 'other-profile': {
      const profile = profileOf(people.withEmail(does.email) ?? madeUpPerson(does.email));
      return toAnswer(/^PUT \/people\/(type|status)\//.test(call.route) ? [profile] : profile);
    }
  }
}

export function resetConnection(response: ServerResponse): void {
  response.socket?.resetAndDestroy();
}

function writeSlowly(body: Buffer, everyMs: number, response: ServerResponse): void {
  let sent = 0;
  const timer = setInterval(() => {
    response.write(sent < body.length ? body.subarray(sent, sent + 1) : ' ');
    sent++;
  }, everyMs);
  response.once('close', () => clearInterval(timer));
}

function padded(body: Buffer, bytes: number): Buffer {
  return Buffer.concat([body, Buffer.alloc(Math.max(0, bytes - body.length), ' ')]);
}

function madeUpPerson(email: string): Employee {
  const person = newEmployee({ firstName: 'Una', lastName: 'Known', email, notes: '' });
  return { ...person, groups: groupsOf('User') };
}

function profileOf(employee: Employee): object {
  const view = { origin: '', departments: [], creator: undefined, showsUsedSpace: true, isSelf: false };
  return fullProfile(employee, view);
}

/** An answer to cut if the portal has not answered. */
function placeholder(): Answer {
  return toAnswer({ id: '00000000-0000-4000-8000-000000000000', email: 'nobody@sandbox.example' });
}

function toAnswer(response: object): Answer {
  const body = JSON.stringify({ response, count: 1, links: [], status: 0, statusCode: 200 });
  return { status: 200, headers: { 'content-type': 'application/json; charset=utf-8' }, body };
}
