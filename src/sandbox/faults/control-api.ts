import { Hono } from 'hono';
import { z } from 'zod';
import { typeOf } from '../portal/employee.js';
import { faultList } from './faults.js';
import { languages } from '../portal/language.js';
import { limitNumbers } from '../limits.js';
import type { SandboxParts } from '../middleware.js';
import type { Env } from '../portal/env.js';
import { summaryOf } from './summary.js';

const milliseconds = z.number().int().nonnegative().exactOptional();
const settingsChange = z.strictObject({
  language: z.enum(languages).exactOptional(),
  keepsNotes: z.boolean().exactOptional(),
  latency: milliseconds,
  roleMoment: milliseconds,
});

/** Selects lines of the ledger. `since` skips the first ones. */
const lines = z.object({
  phase: z.enum(['received', 'held', 'committed', 'answered', 'lost']).optional(),
  route: z.string().optional(),
  about: z.string().optional(),
  status: z.coerce.number().optional(),
});
const since = z.coerce.number().default(0);

/** For tests: faults, the ledger, and the database. It exists only if the sandbox was started with `--faults`. */
export function controlApi({ portal, ledger, faults, deferred, limits }: SandboxParts): Hono<Env> {
  const { people, mails, settings } = portal;
  const app = new Hono<Env>();

  app.put('/faults', async (context) => {
    faults.set(faultList.parse(await context.req.json()));
    return context.json({ since: ledger.length });
  });

  /** Each rule, and how often it has fired. */
  app.get('/faults', (context) => context.json(faults.report()));

  /** Runs everything that is held, hangs or is late. */
  app.post('/release', async (context) => {
    await deferred.release();
    return context.json({});
  });

  app.put('/settings', async (context) => {
    Object.assign(settings, settingsChange.parse(await context.req.json()));
    return context.json({});
  });

  /** Limits later calls, with the portal's own numbers unless others are given. */
  app.put('/limits', async (context) => {
    limits.set(limitNumbers.parse(await context.req.json()));
    return context.json({});
  });

  /** Every line, or the selected ones. */
  app.get('/ledger', (context) => {
    const query = context.req.query();
    return context.json(ledger.read(lines.parse(query), since.parse(query['since'])));
  });

  app.get('/summary', (context) => context.json(summaryOf(ledger, people, since.parse(context.req.query('since')))));

  /** Answers once `count` of the selected lines exist; by default, lines of received calls. */
  app.get('/reached', async (context) => {
    const { count = '1', ...query } = context.req.query();
    await ledger.reached(lines.parse({ phase: 'received', ...query }), Number(count), since.parse(query['since']));
    return context.json({});
  });

  /** The rows of the database, with the mails that were sent; `shown` is the type that a read shows. */
  app.get('/people', (context) =>
    context.json(
      people.database().map((row) => ({
        id: row.id,
        email: row.email,
        type: typeOf(row),
        groups: row.groups,
        shown: typeOf(people.byId(row.id) ?? row),
        status: row.status,
        notes: row.notes,
        password: row.hasPassword,
        mails: mails.count('activation', row.email),
        passwordMails: mails.count('password', row.email),
        roomMails: mails.count('room', row.email),
      })),
    ),
  );

  return app;
}
