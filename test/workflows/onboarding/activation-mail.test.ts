import { CancelledFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import type { TestPortal } from '../../support/portal.js';
import { setupPortalAndWorker } from '../../support/scene.js';
import { until, type TestTemporal } from '../../support/temporal.js';

/** After an unclear create, nobody knows whether the activation mail was sent, so it is requested again. */

let portal: TestPortal;
let temporal: TestTemporal;
const person = setupPortalAndWorker('mail', (made) => ({ portal, temporal } = made), { settleWindow: 1_000 });

/** The portal dies inside the create, before it sends the mail. */
const lostMail = (email: string) =>
  ({
    route: '*',
    about: email,
    times: 1,
    does: { kind: 'statement', statement: 'mail', disturbed: 'before' },
  }) as const;

const mailsTo = async (email: string): Promise<unknown> =>
  (await portal.withEmail(email)).map(({ mails, passwordMails }) => ({ mails, passwordMails }));

describe('the activation mail', () => {
  it('is sent by a create that answers', async () => {
    const input = person({ roleWindow: 0 });
    expect((await temporal.settled(input)).outcome).toMatchObject({ state: 'onboarded', mail: 'sent' });
    expect(await mailsTo(input.email)).toEqual([{ mails: 1, passwordMails: 0 }]);
  });

  it.each([
    ['it was not wanted', { mail: false }],
    ['the account is a Guest', { role: 'Guest' }],
  ])('is none if %s', async (_, given) => {
    const input = person({ roleWindow: 0, ...given });
    expect((await temporal.settled(input)).outcome).toMatchObject({ state: 'onboarded', mail: 'none' });
    expect(await mailsTo(input.email)).toEqual([{ mails: 0, passwordMails: 0 }]);
  });

  it('is requested again after an unclear create', async () => {
    const input = person({ role: 'RoomAdmin' });
    await portal.faults(lostMail(input.email));
    const { handle, outcome } = await temporal.settled(input);
    expect(outcome).toMatchObject({ state: 'onboarded', role: 'RoomAdmin', created: true });
    expect(['pending', 'resent']).toContain(outcome.mail);
    await until(handle, ({ mail }) => mail === 'resent');
    expect(await mailsTo(input.email)).toEqual([{ mails: 0, passwordMails: 1 }]);
  });

  it('keeps the run open until it is requested', async () => {
    const input = person({ roleWindow: 0 });
    await portal.faults(lostMail(input.email));
    const { handle } = await temporal.settled(input);
    expect(await handle.result()).toMatchObject({ state: 'onboarded', mail: 'resent' });
    expect(await mailsTo(input.email)).toEqual([{ mails: 0, passwordMails: 1 }]);
  });

  it('is still pending if the portal never allows it', async () => {
    const input = person({ roleWindow: 0 });
    await portal.faults(lostMail(input.email), {
      route: 'POST /people/password',
      does: { kind: 'answer', status: 429 },
    });
    const { handle, outcome } = await temporal.settled(input);
    expect(outcome).toMatchObject({ state: 'onboarded', mail: 'pending' });
    await handle.cancel();
    await expect(handle.result()).rejects.toMatchObject({ cause: expect.any(CancelledFailure) });
  });
});
