import type { PortalErrorFacts } from './errors.js';
import type { AttentionReason } from '../contract/attention-reasons.js';

/**
 * What follows from what a portal answered: the one table. Of the four kinds, *retry now* is for everything that may pass
 * by itself, *retry later* for a limit, *needs a person* for what waits until somebody acts, and *give up* for what can
 * never succeed for this person. The first row that matches decides; what no row knows is retried now.
 */
type Classification =
  | { kind: 'retry now'; message: string }
  /** With the milliseconds to wait; without, Temporal's own backoff. */
  | { kind: 'retry later'; message: string; delay?: number | undefined }
  | { kind: 'needs attention'; reason: AttentionReason; message: string; hint: string; portalWide?: boolean }
  | { kind: 'give up'; message: string };

interface Row {
  when: (facts: PortalErrorFacts) => boolean;
  verdict: (facts: PortalErrorFacts, origin: string) => Classification;
}

const bare = (status: number) => (facts: PortalErrorFacts) => facts.status === status && !facts.isPortalResponse;

const enveloped = (status: number) => (facts: PortalErrorFacts) =>
  facts.status === status && facts.isPortalResponse === true;

const table: readonly Row[] = [
  {
    when: ({ kind }) => kind === 'not-sent',
    verdict: ({ code }, origin) => ({ kind: 'retry now', message: `${origin} could not be reached (${code})` }),
  },
  {
    when: ({ kind }) => kind === 'unanswered' || kind === 'aborted',
    verdict: ({ code }) => ({ kind: 'retry now', message: `no whole answer came${code ? ` (${code})` : ''}` }),
  },
  {
    when: ({ kind }) => kind === 'not-a-portal',
    verdict: (_, origin) => ({
      kind: 'needs attention',
      reason: 'not-a-portal',
      message: `what answers at ${origin} is not a DocSpace portal`,
      hint: 'Set API_HOST to the address of the portal, restart the worker, then retry.',
      portalWide: true,
    }),
  },
  {
    when: ({ kind }) => kind === 'redirect',
    verdict: (_, origin) => ({
      kind: 'needs attention',
      reason: 'not-a-portal',
      message: `${origin} points to another address, which is not followed because the API key would go along`,
      hint: 'Set API_HOST to the address at which the portal itself answers, restart the worker, then retry.',
      portalWide: true,
    }),
  },
  {
    when: ({ kind }) => kind === 'unreadable',
    verdict: ({ code }) => ({ kind: 'retry now', message: `the answer was not understood${code ? ` (${code})` : ''}` }),
  },
  {
    when: ({ kind }) => kind === 'throttled',
    verdict: ({ waitMs }) => ({
      kind: 'retry later',
      message: 'it waits its turn, for the portal limits its calls',
      delay: waitMs,
    }),
  },
  {
    // Who says when it answers again is asked again then, whoever it is.
    when: ({ status, retryAfterMs }) => status === 429 || (status === 503 && retryAfterMs !== undefined),
    verdict: ({ status, waitMs }) => ({
      kind: 'retry later',
      message: status === 429 ? 'the portal limits its calls' : 'the portal is away for a while',
      delay: waitMs,
    }),
  },
  {
    when: ({ status }) => status === 401,
    verdict: () => ({
      kind: 'needs attention',
      reason: 'api-key',
      message: 'the portal refuses the API key',
      hint: 'Make a new key in the portal under Developer Tools, set API_KEY, restart the worker, then retry.',
      portalWide: true,
    }),
  },
  {
    when: ({ status }) => status === 402,
    verdict: ({ isPortalResponse: spoke }) =>
      spoke
        ? {
            kind: 'needs attention',
            reason: 'quota',
            message: 'the portal has no seat left for this role',
            hint: 'Free a paid seat or extend the plan, or change to a free role, then retry.',
          }
        : {
            kind: 'needs attention',
            reason: 'quota',
            message: 'the portal is not paid for',
            hint: 'Settle the payment of the portal, then retry.',
            portalWide: true,
          },
  },
  {
    when: enveloped(403),
    verdict: ({ route }) => ({
      kind: 'needs attention',
      reason: 'permission',
      message: `the API key may not do this (${route})`,
      hint: 'Use the key of somebody with more rights: only the owner makes a DocSpaceAdmin. Restart the worker, then retry.',
    }),
  },
  {
    when: bare(403),
    verdict: () => ({
      kind: 'needs attention',
      reason: 'permission',
      message: 'the portal refuses this key or this machine altogether',
      hint: 'Check the scopes of the key, the IP restrictions, and whether the portal is being restored, then retry.',
      portalWide: true,
    }),
  },
  {
    when: bare(404),
    verdict: (_, origin) => ({
      kind: 'needs attention',
      reason: 'not-a-portal',
      message: `no DocSpace portal answers at ${origin}, or it is suspended`,
      hint: 'Check API_HOST and whether the portal is active, then retry.',
      portalWide: true,
    }),
  },
  {
    when: enveloped(404),
    verdict: () => ({ kind: 'retry now', message: 'the portal does not show this account' }),
  },
  {
    // A portal's word on a role change, not on the person (docspace-api.md §3.4).
    when: (facts) => enveloped(400)(facts) && facts.route.includes('/people/type'),
    verdict: ({ portalMessage }) => ({
      kind: 'needs attention',
      reason: 'role-not-applied',
      message: `the portal refuses this role change: ${portalMessage ?? 'no reason given'}`,
      hint: 'Use the key of the owner where an administrator is concerned, or set the role in the portal, then retry.',
    }),
  },
  {
    when: enveloped(400),
    verdict: ({ portalMessage }) => ({
      kind: 'give up',
      message: `the portal refuses this person: ${portalMessage ?? 'no reason given'}`,
    }),
  },
];

/** The verdict on an error; total, for what no row knows may pass. */
export function classify(facts: PortalErrorFacts, origin: string): Classification {
  const row = table.find(({ when }) => when(facts));
  return row ? row.verdict(facts, origin) : { kind: 'retry now', message: `the portal answered ${facts.status}` };
}
