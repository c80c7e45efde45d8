import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';
import { PortalError, type PortalErrorFacts } from '../errors.js';

/** The envelopes of docspace-api.md §5. */
const success = z.object({
  response: z.unknown(),
  total: z.number().optional().catch(undefined),
  status: z.literal(0),
  statusCode: z.literal(200),
});
const anyEnvelope = z.object({ status: z.number(), statusCode: z.number() });
const errorBody = z.object({
  error: z.object({
    message: z.string(),
    type: z
      .string()
      .regex(/^[\w.]{1,100}$/)
      .optional()
      .catch(undefined),
  }),
});
const validationBody = z.object({ response: z.object({ errors: z.record(z.string(), z.unknown()) }) });

const maxRetryAfterMs = 86_400_000;
const maxMessageLength = 200;

export interface PortalResponse {
  response?: unknown;
  /** The number of rows on all pages of a list. */
  total?: number | undefined;
}

/** @throws {PortalError} for everything that is not a 200 in the portal's envelope */
export function parseResponse(
  route: string,
  status: number,
  headers: IncomingHttpHeaders,
  text: string,
): PortalResponse {
  const fail = (facts: Omit<PortalErrorFacts, 'route' | 'status'>): never => {
    throw new PortalError({ route, status, ...facts });
  };
  if (status >= 300 && status < 400) fail({ kind: 'redirect' });
  const body = parseJson(text);
  const isPortalResponse = anyEnvelope.safeParse(body).success;
  if (status !== 200) {
    fail({
      kind: status > 200 && status < 300 ? 'unreadable' : 'status',
      isPortalResponse,
      ...errorIn(body),
      ...optional('retryAfterMs', retryAfterIn(headers)),
      ...optional('rateLimit', numberIn(headers['x-ratelimit-limit'])),
    });
  }
  const envelope = success.safeParse(body);
  if (envelope.success) return envelope.data;
  const isBroken = body === undefined && (text === '' || (headers['content-type'] ?? '').includes('json'));
  return fail({ kind: isPortalResponse || isBroken ? 'unreadable' : 'not-a-portal' });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    return undefined;
  }
}

/** The portal's error sentence without e-mail addresses, or the names of the fields that it refused. */
function errorIn(body: unknown): Pick<PortalErrorFacts, 'portalMessage' | 'errorType'> {
  const error = errorBody.safeParse(body);
  if (error.success) {
    const { message, type } = error.data.error;
    return { portalMessage: withoutAddresses(message), ...optional('errorType', type) };
  }
  const validation = validationBody.safeParse(body);
  if (!validation.success) return {};
  const fields = Object.keys(validation.data.response.errors).join(', ');
  return { portalMessage: `it refused ${fields.slice(0, maxMessageLength)}` };
}

/** The beginning of a text from the portal, which may be huge, with the e-mail addresses removed. */
export function withoutAddresses(text: string): string {
  return text.replaceAll(/(?<!\S)\S+@\S+/g, '…').slice(0, maxMessageLength);
}

/** `Retry-After` is in seconds or a date. */
function retryAfterIn(headers: IncomingHttpHeaders): number | undefined {
  const value = headers['retry-after'];
  if (value === undefined) return undefined;
  const sentAt = Date.parse(headers['date'] ?? '') || Date.now();
  const delayMs = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - sentAt;
  return Number.isFinite(delayMs) && delayMs >= 0 ? Math.min(delayMs, maxRetryAfterMs) : undefined;
}

function numberIn(value: string | string[] | undefined): number | undefined {
  return typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : undefined;
}

function optional<Name extends string, Value>(name: Name, value: Value | undefined): { [key in Name]?: Value } {
  return value === undefined ? {} : ({ [name]: value } as { [key in Name]: Value });
}
