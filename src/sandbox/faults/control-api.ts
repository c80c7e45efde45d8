import { Hono } from 'hono';
import { z } from 'zod';
import { typeOf } from '../portal/employee.js';
import { faultList, type Faults } from './faults.js';
import { languages } from '../portal/language.js';
import type { Later } from './deferred.js';
import type { Ledger } from './ledger.js';
import { limitNumbers, type Limits } from '../limits.js';
import type { People } from '../portal/people.js';
import type { Settings } from '../settings.js';
import { summaryOf } from './summary.js';

interface Workings {
  people: People;
  ledger: Ledger;
  faults: Faults;
  later: Later;
  limits: Limits;
  settings: Settings;
}

const language = z.strictObject({ language: z.enum(languages) });
const quirks = z.strictObject({ keepsNotes: z.boolean() });
const latency = z.strictObject({ latency: z.number().int().nonnegative() });

/** Which lines of the ledger are meant: from behind the line `since` on. */
const lines = z.object({
  phase: z.enum(['received', 'committed', 'answered', 'lost']).optional(),
  route: z.string().optional(),
  about: z.string().optional(),
  status: z.coerce.number().optional(),
});
const since = z.coerce.number().default(0);

/**
 * The control route, for tests: faults, the ledger, and the people as the portal itself has them.
 * It only exists where the sandbox was started with `--faults`.
 */
export function control({ people, ledger, faults, later, limits, settings }: Workings): Hono {
  const app = new Hono().basePath('/sandbox');

  app.put('/faults', async (context) => {
    faults.set(faultList.parse(await context.req.json()));
    return context.json({ since: ledger.length });
  });

  /** Each rule with how often it has fired. */
  app.get('/faults', (context) => context.json(faults.report()));

  /** Lets go of held calls and stuck jobs, and carries the late calls out. */
  app.post('/release', async (context) => {
    await later.release();
    return context.json({});
  });

  app.put('/language', async (context) => {
    Object.assign(settings, language.parse(await context.req.json()));
    return context.json({});
  });

  app.put('/quirks', async (context) => {
    Object.assign(settings, quirks.parse(await context.req.json()));
    return context.json({});
  });

  app.put('/latency', async (context) => {
    Object.assign(settings, latency.parse(await context.req.json()));
    return context.json({});
  });

  /** Limits the calls from now on, with the portal's own numbers where none are given. */
  app.put('/limits', async (context) => {
    limits.set(limitNumbers.parse(await context.req.json()));
    return context.json({});
  });

  /** All lines, or those after the line `since` with a `phase`, a `route`, a `status`, or `about` somebody. */
  app.get('/ledger', (context) => {
    const query = context.req.query();
    return context.json(ledger.read(lines.parse(query), since.parse(query['since'])));
  });

  app.get('/summary', (context) => context.json(summaryOf(ledger, people, since.parse(context.req.query('since')))));

  /** Answers once there are `count` such lines; without a `phase`, of calls that were received. */
  app.get('/reached', async (context) => {
    const { count = '1', ...query } = context.req.query();
    await ledger.reached(lines.parse({ phase: 'received', ...query }), Number(count), since.parse(query['since']));
    return context.json({});
  });

  app.get('/people', (context) =>
    context.json(
      people.all().map((employee) => ({
        id: employee.id,
        email: employee.email,
        type: typeOf(employee),
        status: employee.status,
        notes: employee.notes,
        mails: people.mailsTo(employee.email),
      })),
    ),
  );

  return app;
}
