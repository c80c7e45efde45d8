import { Hono } from 'hono';
import { DatabaseError } from '../faults/call.js';
import { isInScope } from './api-keys.js';
import { DemotionJobs } from './demotion-jobs.js';
import { demotionRoutes } from './demotion-routes.js';
import { apiError, emptyResponse, unsupportedMediaType, validationError } from './envelope.js';
import type { Env, Portal } from './env.js';
import { ApiError, ValidationError } from './errors.js';
import { groupRoutes } from './group-routes.js';
import { invitationRoutes } from './invitation-routes.js';
import { keyRoutes } from './key-routes.js';
import { peopleRoutes } from './people-routes.js';
import { MediaTypeError } from './requests.js';
import { roomRoutes } from './room-routes.js';

export const apiPrefix = '/api/2.0';

/** The parts of the portal's API that a client for onboarding needs. */
export function portalApi(portal: Portal): Hono<Env> {
  const { settings } = portal;
  const jobs = new DemotionJobs(portal);
  const api = new Hono<Env>();

  api.onError((error, context) => {
    if (error instanceof ValidationError) return validationError(context, error);
    if (error instanceof MediaTypeError) return unsupportedMediaType(context);
    if (error instanceof ApiError) return apiError(context, error, settings.language);
    if (!(error instanceof DatabaseError)) throw error;
    return apiError(context, new ApiError(500, error.message, 'MySqlConnector.MySqlException'), settings.language);
  });

  api.use(async (context, next) => {
    const { caller, key } = context.var;
    if (!caller) {
      if (/^Basic /i.test(context.req.header('authorization') ?? '')) context.header('www-authenticate', 'Basic');
      return emptyResponse(context, 401);
    }
    const { method, path } = context.req;
    if (!isInScope(key, method, path.slice(apiPrefix.length))) return emptyResponse(context, 403);
    return next();
  });

  api.route('/', keyRoutes(portal));
  api.route('/', groupRoutes(portal));
  api.route('/', roomRoutes(portal));
  api.route('/', invitationRoutes(portal));
  // Before the route of a type, which would read "terminate" as a type.
  api.route('/', demotionRoutes(portal, jobs));
  api.route('/', peopleRoutes(portal, jobs));
  return api;
}
