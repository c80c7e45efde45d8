import { Hono } from 'hono';
import { z } from 'zod';
import { faultList, type Faults } from './faults.js';
import { languages } from './language.js';
import type { Later } from './later.js';
import type { Ledger, LedgerLine } from './ledger.js';
import { typeOf, type People } from './people.js';
import type { Settings } from './settings.js';

interface Workings {
  people: People;
  ledger: Ledger;
  faults: Faults;
  later: Later;
  settings: Settings;
}

const language = z.strictObject({ language: z.enum(languages) });
const quirks = z.strictObject({ keepsNotes: z.boolean() });

/**
 * The control route, for tests: faults, the ledger, and the people as the portal itself has them.
 * It only exists where the sandbox was started with `--faults`.
 */
export function control({ people, ledger, faults, later, settings }: Workings): Hono {
  const app = new Hono().basePath('/sandbox');

  app.put('/faults', async (context) => {
    faults.set(faultList.parse(await context.req.json()));
    return context.json({ since: ledger.read().length });
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

  app.get('/ledger', (context) => context.json(ledger.read()));

  /** Answers once `count` calls of `route` have reached `phase`, not counting what was before the line `since`. */
  app.get('/reached', async (context) => {
    const { route = '', phase = 'received', count = '1', since = '0' } = context.req.query();
    await ledger.reached(route, phase as LedgerLine['phase'], Number(count), Number(since));
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
