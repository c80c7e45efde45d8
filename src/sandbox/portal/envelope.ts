import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { ApiError, ValidationError } from './errors.js';
import { translate, type Language } from './language.js';

/** The portal's envelope, and its three ways to write an error (docspace-api.md §5). */

/** @param count overrides the number of rows, because the portal counts a streamed array as one object */
export function success(
  context: Context,
  response: unknown,
  { count = countOf(response), total }: { count?: number; total?: number } = {},
): Response {
  return json(context, 200, {
    ...(response !== undefined && { response: withFields(context, response) }),
    count,
    ...(total !== undefined && { total }),
    links: linksOf(context),
    status: 0,
    statusCode: 200,
  });
}

/** The stack is included, as at a real portal. */
export function apiError(context: Context, error: ApiError, language: Language): Response {
  const { status, type, hresult } = error;
  const stack = `   at ASC.People.Api.UserController in UserController.cs:line 1`;
  const body = { error: { message: translate(error.message, language), type, stack, hresult }, status: 1 };
  return json(context, status, { ...body, statusCode: status });
}

export function validationError(context: Context, { errors, message }: ValidationError): Response {
  const response = { type: rfc('15.5.1'), title: message, status: 400, errors, traceId: '00-0' };
  return problem(context, 400, withFields(context, response), { status: 1, statusCode: 400 });
}

/** The envelope reports this 415 as a success. */
export function unsupportedMediaType(context: Context): Response {
  const response = { type: rfc('15.5.16'), title: 'Unsupported Media Type', status: 415, traceId: '00-0' };
  return problem(context, 415, response, { status: 0, statusCode: 200 });
}

/** A filter before the action answers with only a status. */
export function emptyResponse(context: Context, status: 204 | 401 | 403 | 404 | 405 | 414): Response {
  return context.body(null, status);
}

function problem(context: Context, status: 400 | 415, response: unknown, envelope: object): Response {
  const body = { response, count: 1, links: linksOf(context), ...envelope };
  return json(context, status, body, 'application/problem+json');
}

function json(context: Context, status: number, body: object, type = 'application/json'): Response {
  const headers = { 'content-type': `${type}; charset=utf-8` };
  return context.body(JSON.stringify(body), status as ContentfulStatusCode, headers);
}

function rfc(section: string): string {
  return `https://tools.ietf.org/html/rfc9110#section-${section}`;
}

/** `fields` keeps the named members. Names are case-sensitive and not trimmed. Without a match, an object is empty. */
function withFields(context: Context, response: unknown): unknown {
  const fields = context.req.query('fields')?.split(',');
  if (!fields) return response;
  const pick = (item: unknown): unknown =>
    typeof item === 'object' && item !== null
      ? Object.fromEntries(Object.entries(item).filter(([name]) => fields.includes(name)))
      : item;
  return Array.isArray(response) ? response.map(pick) : pick(response);
}

function countOf(response: unknown): number {
  if (Array.isArray(response)) return response.length;
  return response === undefined ? 0 : 1;
}

function linksOf(context: Context): object[] {
  const { pathname, search } = new URL(context.req.url);
  return [{ href: `${originOf(context)}${pathname}${search}`, action: context.req.method }];
}

/** The proxy in front of the portal determines its links. */
export function originOf({ req }: Context): string {
  const { protocol, host } = new URL(req.url);
  return `${req.header('x-forwarded-proto') ?? protocol.slice(0, -1)}://${req.header('x-forwarded-host') ?? host}`;
}
