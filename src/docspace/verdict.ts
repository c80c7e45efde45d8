import type { PortalErrorFacts } from './errors.js';
import type { AttentionReason } from '../contract/attention-reasons.js';

/**
 * What follows from what a portal answered: the one table. Of the four kinds, *retry now* is for everything that may pass
 * by itself, *retry later* for a limit, *needs a person* for what waits until somebody acts, and *give up* for what can
 * never succeed for this person. The first row that matches decides; what no row knows is retried now.
 */
type Classification =
  | { kind: 'retry now'; say: string }
  /** With the milliseconds to wait; without, Temporal's own backoff. */
  | { kind: 'retry later'; say: string; delay?: number | undefined }
  | { kind: 'needs a person'; reason: AttentionReason; say: string; hint: string; portalWide?: boolean }
  | { kind: 'give up'; say: string };

interface Row {
  when: (facts: PortalErrorFacts) => boolean;
  verdict: (facts: PortalErrorFacts, origin: string) => Classification;
}

const bare = (status: number) => (facts: PortalErrorFacts) => facts.status === status && !facts.enveloped;

const enveloped = (status: number) => (facts: PortalErrorFacts) => facts.status === status && facts.enveloped === true;

const table: readonly Row[] = [
  {
    when: ({ kind }) => kind === 'not-sent',
    verdict: ({ code }, origin) => ({ kind: 'retry now', say: `${origin} could not be reached (${code})` }),
  },
  {
    when: ({ kind }) => kind === 'unanswered' || kind === 'aborted',
    verdict: ({ code }) => ({ kind: 'retry now', say: `no whole answer came${code ? ` (${code})` : ''}` }),
  },
  {
    when: ({ kind }) => kind === 'not-a-portal',
    verdict: (_, origin) => ({
      kind: 'needs a person',
      reason: 'not-a-portal',
      say: `what answers at ${origin} is not a DocSpace portal`,
      hint: 'Set API_HOST to the address of the portal, restart the worker, then retry.',
      portalWide: true,
    }),
  },
  {
    when: ({ kind }) => kind === 'redirect',
    verdict: (_, origin) => ({
      kind: 'needs a person',
      reason: 'not-a-portal',
      say: `${origin} points to another address, which is not followed because the API key would go along`,
      hint: 'Set API_HOST to the address at which the portal itself answers, restart the worker, then retry.',
      portalWide: true,
    }),
  },
  {
    when: ({ kind }) => kind === 'unreadable',
    verdict: ({ code }) => ({ kind: 'retry now', say: `the answer was not understood${code ? ` (${code})` : ''}` }),
  },
  {
    when: ({ kind }) => kind === 'held',
    verdict: ({ wait }) => ({
      kind: 'retry later',
      say: 'it waits its turn, for the portal limits its calls',
      delay: wait,
    }),
  },
  {
    // Who says when it answers again is asked again then, whoever it is.
    when: ({ status, retryAfter }) => status === 429 || (status === 503 && retryAfter !== undefined),
    verdict: ({ status, wait }) => ({
      kind: 'retry later',
      say: status === 429 ? 'the portal limits its calls' : 'the portal is away for a while',
      delay: wait,
    }),
  },
  {
    when: ({ status }) => status === 401,
    verdict: () => ({
      kind: 'needs a person',
      reason: 'api-key',
      say: 'the portal refuses the API key',
      hint: 'Make a new key in the portal under Developer Tools, set API_KEY, restart the worker, then retry.',
      portalWide: true,
    }),
  },
  {
    when: ({ status }) => status === 402,
    verdict: ({ enveloped: spoke }) =>
      spoke
        ? {
            kind: 'needs a person',
            reason: 'quota',
            say: 'the portal has no seat left for this role',
            hint: 'Free a paid seat or extend the plan, or change to a free role, then retry.',
          }
        : {
            kind: 'needs a person',
            reason: 'quota',
            say: 'the portal is not paid for',
            hint: 'Settle the payment of the portal, then retry.',
            portalWide: true,
          },
  },
  {
    when: enveloped(403),
    verdict: ({ route }) => ({
      kind: 'needs a person',
      reason: 'permission',
      say: `the API key may not do this (${route})`,
      hint: 'Use the key of somebody with more rights: only the owner makes a DocSpaceAdmin. Restart the worker, then retry.',
    }),
  },
  {
    when: bare(403),
    verdict: () => ({
      kind: 'needs a person',
      reason: 'permission',
      say: 'the portal refuses this key or this machine altogether',
      hint: 'Check the scopes of the key, the IP restrictions, and whether the portal is being restored, then retry.',
      portalWide: true,
    }),
  },
  {
    when: bare(404),
    verdict: (_, origin) => ({
      kind: 'needs a person',
      reason: 'not-a-portal',
      say: `no DocSpace portal answers at ${origin}, or it is suspended`,
      hint: 'Check API_HOST and whether the portal is active, then retry.',
      portalWide: true,
    }),
  },
  {
    when: enveloped(404),
    verdict: () => ({ kind: 'retry now', say: 'the portal does not show this account' }),
  },
  {
    // A portal's word on a role change, not on the person (docspace-api.md §3.4).
    when: (facts) => enveloped(400)(facts) && facts.route.includes('/people/type'),
    verdict: ({ portalMessage }) => ({
      kind: 'needs a person',
      reason: 'role-not-applied',
      say: `the portal refuses this role change: ${portalMessage ?? 'no reason given'}`,
      hint: 'Use the key of the owner where an administrator is concerned, or set the role in the portal, then retry.',
    }),
  },
  {
    when: enveloped(400),
    verdict: ({ portalMessage }) => ({
      kind: 'give up',
      say: `the portal refuses this person: ${portalMessage ?? 'no reason given'}`,
    }),
  },
];

/** The verdict on an error; total, for what no row knows may pass. */
export function classify(facts: PortalErrorFacts, origin: string): Classification {
  const row = table.find(({ when }) => when(facts));
  return row ? row.verdict(facts, origin) : { kind: 'retry now', say: `the portal answered ${facts.status}` };
}
