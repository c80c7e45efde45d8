import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';
import { PortalError, type PortalErrorFacts } from '../errors.js';

/** The envelope of docspace-api.md §5. */
const success = z.object({
  response: z.unknown(),
  total: z.number().optional().catch(undefined),
  status: z.literal(0),
  statusCode: z.literal(200),
});
const anyEnvelope = z.object({ status: z.number(), statusCode: z.number() });
const spoken = z.object({ error: z.object({ message: z.string() }) });
const validation = z.object({ response: z.object({ errors: z.record(z.string(), z.unknown()) }) });

export interface PortalResponse {
  response?: unknown;
  /** How many rows a list has on all its pages. */
  total?: number | undefined;
}

/** @throws {PortalError} for everything that is not a 200 in the portal's envelope. */
export function parseResponse(
  route: string,
  status: number,
  headers: IncomingHttpHeaders,
  text: string,
): PortalResponse {
  const fail = (facts: Omit<PortalErrorFacts, 'route'>): never => {
    throw new PortalError({ route, ...facts });
  };
  if (status >= 300 && status < 400) fail({ kind: 'redirect', status });
  if (status !== 200) {
    const body = parse(text);
    fail({
      kind: status > 200 && status < 300 ? 'unreadable' : 'status',
      status,
      isPortalResponse: anyEnvelope.safeParse(body).success,
      ...optional('portalMessage', sentenceIn(body)),
      ...optional('retryAfterMs', retryAfterIn(headers)),
      ...optional('rateLimit', numberIn(headers['x-ratelimit-limit'])),
    });
  }

  const isJson = (headers['content-type'] ?? '').includes('json');
  const body = parse(text);
  if (body === undefined)
    fail(isJson || text === '' ? { kind: 'unreadable', status } : { kind: 'not-a-portal', status });
  const envelope = success.safeParse(body);
  if (envelope.success) return envelope.data;
  return fail({ kind: anyEnvelope.safeParse(body).success ? 'unreadable' : 'not-a-portal', status });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    return undefined;
  }
}

/** What a portal says of an error: its sentence without addresses, or the names of the refused fields. */
function sentenceIn(body: unknown): string | undefined {
  const error = spoken.safeParse(body);
  if (error.success) return withoutAddresses(error.data.error.message);
  const refused = validation.safeParse(body);
  return refused.success
    ? `it refused ${Object.keys(refused.data.response.errors).join(', ').slice(0, 200)}`
    : undefined;
}

/** The beginning of what a portal says, which may be huge, without the addresses of people in it. */
export function withoutAddresses(text: string): string {
  return text.replaceAll(/(?<!\S)\S+@\S+/g, '…').slice(0, 200);
}

/** Milliseconds from `Retry-After`, which is in seconds or a date; at most a day. */
function retryAfterIn(headers: IncomingHttpHeaders): number | undefined {
  const value = headers['retry-after'];
  if (value === undefined) return undefined;
  const sent = Date.parse(headers['date'] ?? '') || Date.now();
  const delay = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - sent;
  return Number.isFinite(delay) && delay >= 0 ? Math.min(delay, 86_400_000) : undefined;
}

function numberIn(value: string | string[] | undefined): number | undefined {
  return typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : undefined;
}

function optional<Name extends string, Value>(name: Name, value: Value | undefined): { [key in Name]?: Value } {
  return value === undefined ? {} : ({ [name]: value } as { [key in Name]: Value });
}
