import type { Context } from 'hono';
import { translated, type Language } from './language.js';
import { plainResponse } from '../plain.js';

/** The portal's envelope and its three ways to write an error (docspace-api.md §5). */

/** `PUT /people/type/{type}` counts its array as one object. */
export function success(
  context: Context,
  response: unknown,
  { count = countOf(response), total }: { count?: number; total?: number } = {},
): Response {
  return json(200, {
    ...(response !== undefined && { response }),
    count,
    ...(total !== undefined && { total }),
    links: linksOf(context),
    status: 0,
    statusCode: 200,
  });
}

function countOf(response: unknown): number {
  if (Array.isArray(response)) return response.length;
  return response === undefined ? 0 : 1;
}

/** An error that the action threw. The portal's answer leaks its type and stack. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly type = exceptionOf(status),
  ) {
    super(message);
  }
}

export const accessDenied = (): ApiError => new ApiError(403, 'Access denied');
export const userNotFound = (): ApiError => new ApiError(404, 'The user could not be found');
export const alreadyRegistered = (): ApiError => new ApiError(400, 'User with this email is already registered');

export function apiError({ status, message, type }: ApiError, language: Language): Response {
  const stack = `   at ASC.People.Api.UserController in UserController.cs:line 1`;
  return json(status, {
    error: { message: translated(message, language), type, stack, hresult: -2147024809 },
    status: 1,
    statusCode: status,
  });
}

/** A body that does not fit its type. The answer has no `error`. */
export class ValidationError extends Error {
  constructor(readonly errors: Record<string, string[]>) {
    super('One or more validation errors occurred.');
  }
}

export function validationError(context: Context, { errors, message }: ValidationError): Response {
  const response = { errors, title: message, status: 400, traceId: '00-0' };
  const body = { response, count: 1, links: linksOf(context), status: 1, statusCode: 400 };
  return json(400, body, 'application/problem+json');
}

/** A filter before the action answers with a status and nothing else. */
export function emptyResponse(status: number): Response {
  return plainResponse(status, {}, '');
}

function json(status: number, body: object, type = 'application/json'): Response {
  return plainResponse(status, { 'content-type': `${type}; charset=utf-8` }, JSON.stringify(body));
}

/** The server took the API's prefix off the path. */
function linksOf({ req }: Context): object[] {
  const url = new URL(req.url);
  return [{ href: `${url.origin}/api/2.0${url.pathname}${url.search}`, action: req.method }];
}

function exceptionOf(status: number): string {
  switch (status) {
    case 400:
      return 'System.ArgumentException';
    case 402:
      return 'ASC.Core.Tenants.TenantQuotaException';
    case 403:
      return 'System.Security.SecurityException';
    case 404:
      return 'ASC.Common.ItemNotFoundException';
    default:
      return 'System.FormatException';
  }
}
