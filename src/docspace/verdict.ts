import type { PortalErrorFacts } from './errors.js';
import type { AttentionReason } from '../contract/attention-reasons.js';

/**
 * What a portal's answer means. *Retry now* is for a problem that may pass by itself, *retry later* for a limit,
 * *needs attention* for one that only an operator can fix, and *give up* for a person who can never be onboarded.
 */
type Verdict<Message = string> =
  | { kind: 'retry now' | 'retry later' | 'give up'; message: Message }
  | { kind: 'needs attention'; reason: AttentionReason; message: Message; hint: string; portalWide?: boolean };

type Rule = Verdict<string | ((facts: PortalErrorFacts, origin: string) => string)> & {
  when: (facts: PortalErrorFacts) => boolean;
};

const bareStatus = (status: number) => (facts: PortalErrorFacts) => facts.status === status && !facts.isPortalResponse;

const portalStatus =
  (status: number, holds: Rule['when'] = () => true) =>
  (facts: PortalErrorFacts) =>
    facts.status === status && facts.isPortalResponse === true && holds(facts);

/** Every account is created as a User or a Guest, both free. */
const isCreate = ({ route }: PortalErrorFacts): boolean => route === 'POST /people' || route === 'POST /people/active';

/** Calls about groups and rooms. Their failures concern one place, not the person. */
const isOfPlace = ({ route }: PortalErrorFacts): boolean => /^\w+ \/(group|files\/rooms)\b/.test(route);

const isOfRoom = ({ route }: PortalErrorFacts): boolean => route.includes(' /files/rooms');

const hasType = ({ errorType = '' }: PortalErrorFacts, name: string): boolean => errorType.endsWith(name);

/** OpenSSL's codes for a certificate that Node does not accept. The code of an alert begins with ERR_SSL. */
const isUntrustedCertificate = ({ kind, code = '' }: PortalErrorFacts): boolean =>
  kind === 'not-sent' && /CERT|VERIFY|ISSUER|INVALID_CA|HOSTNAME_MISMATCH/.test(code) && !code.startsWith('ERR_SSL');

/** The first rule that matches decides. */
const rules: readonly Rule[] = [
  {
    when: isUntrustedCertificate,
    kind: 'needs attention',
    reason: 'certificate',
    message: ({ code }, origin) => `the certificate of ${origin} is not trusted (${code})`,
    hint: 'If your own authority signed it, set NODE_EXTRA_CA_CERTS to the file of that authority. Otherwise check API_HOST and renew the certificate. Restart the worker, then retry.',
    portalWide: true,
  },
  {
    when: ({ kind, code }) => kind === 'not-sent' && (code === 'ENOTFOUND' || code === 'EAI_AGAIN'),
    kind: 'retry now',
    message: ({ code, proxy }, origin) =>
      `the name ${new URL(proxy ?? origin).hostname} does not resolve (${code}); check ${proxy === undefined ? 'API_HOST' : 'HTTPS_PROXY'} and the DNS of this machine`,
  },
  {
    when: ({ kind }) => kind === 'not-sent',
    kind: 'retry now',
    message: ({ code, proxy }, origin) =>
      `${origin} cannot be reached${proxy === undefined ? '' : ` through the proxy ${proxy}`} (${code})`,
  },
  {
    when: ({ kind }) => kind === 'unanswered' || kind === 'aborted',
    kind: 'retry now',
    message: ({ code }) => `no complete response came${code ? ` (${code})` : ''}`,
  },
  {
    when: ({ kind }) => kind === 'not-a-portal',
    kind: 'needs attention',
    reason: 'not-a-portal',
    message: (_, origin) => `the server at ${origin} is not a DocSpace portal`,
    hint: 'Set API_HOST to the address of the portal, restart the worker, then retry.',
    portalWide: true,
  },
  {
    when: ({ kind }) => kind === 'redirect',
    kind: 'needs attention',
    reason: 'not-a-portal',
    message: (_, origin) =>
      `${origin} redirects to another address, which is not followed because the API key would be sent there, too`,
    hint: 'Set API_HOST to the address at which the portal itself answers, restart the worker, then retry.',
    portalWide: true,
  },
  {
    when: ({ kind }) => kind === 'unreadable',
    kind: 'retry now',
    message: ({ code }) => `the response cannot be understood${code ? ` (${code})` : ''}`,
  },
  {
    when: ({ kind }) => kind === 'throttled',
    kind: 'retry later',
    message: ({ slowdown }) => `the call waits because the portal limits calls${inBrackets(slowdown)}`,
  },
  {
    // An answer may name the time when calls work again, and the call is retried then. It may come from a proxy.
    when: ({ status, retryAfterMs }) => status === 429 || (status === 503 && retryAfterMs !== undefined),
    kind: 'retry later',
    message: ({ status, slowdown }) =>
      `${status === 429 ? 'the portal limits calls' : 'the portal is unavailable for a while'}${inBrackets(slowdown ?? String(status))}`,
  },
  {
    when: ({ status }) => status === 401,
    kind: 'needs attention',
    reason: 'api-key',
    message: 'the portal refuses the API key',
    hint: 'Create a new key in the portal under Developer Tools, set API_KEY, restart the worker, then retry.',
    portalWide: true,
  },
  {
    when: bareStatus(402),
    kind: 'needs attention',
    reason: 'quota',
    message: 'the plan of the portal has not been paid',
    hint: 'Pay for the plan, then retry.',
    portalWide: true,
  },
  {
    // Free accounts take no seat (docspace-api.md §1.1).
    when: portalStatus(402, isCreate),
    kind: 'needs attention',
    reason: 'quota',
    message: 'the licence of the portal has expired or allows no more people, so it refuses even free accounts',
    hint: 'Renew or extend the licence of the portal, then retry. Another role does not help.',
    portalWide: true,
  },
  {
    when: portalStatus(402),
    kind: 'needs attention',
    reason: 'quota',
    message: 'the portal has no paid seat left for this role',
    hint: 'Free a paid seat, extend the plan or change to a free role, then retry.',
  },
  {
    // Two creates collided, for example over one user name (docspace-api.md §1.1).
    when: portalStatus(403, (facts) => isCreate(facts) && hasType(facts, 'InvalidOperationException')),
    kind: 'retry now',
    message: ({ portalMessage }) => `the portal refuses this account for now: ${portalMessage ?? 'no reason given'}`,
  },
  {
    // If a switch is off, even the owner gets this answer (docspace-api.md §4). A missing right has another type.
    when: portalStatus(403, (facts) => isCreate(facts) && !hasType(facts, 'AuthorizingException')),
    kind: 'needs attention',
    reason: 'permission',
    message: 'the settings of the portal do not allow new accounts',
    hint: 'Allow inviting members and guests in the settings of the portal, then retry. If both are allowed, use the key of an administrator.',
    portalWide: true,
  },
  {
    when: portalStatus(403, isCreate),
    kind: 'needs attention',
    reason: 'permission',
    message: 'the API key may not create accounts',
    hint: 'Use the key of an administrator, restart the worker, then retry.',
    portalWide: true,
  },
  {
    when: portalStatus(403, isOfPlace),
    kind: 'needs attention',
    reason: 'permission',
    message: ({ route }) => `the API key may not do this (${route})`,
    hint: "For groups, use the key of a DocSpaceAdmin or the owner. For a room, make the key's account its manager. Then retry.",
  },
  {
    when: portalStatus(403),
    kind: 'needs attention',
    reason: 'permission',
    message: ({ route }) => `the API key may not do this (${route})`,
    hint: 'Use the key of someone with more rights (only the owner can make a DocSpaceAdmin), restart the worker, then retry.',
  },
  {
    when: bareStatus(403),
    kind: 'needs attention',
    reason: 'permission',
    message: 'the portal refuses this API key or this machine altogether',
    hint: 'Check the scopes of the key, the IP restrictions, and whether the portal is being restored, then retry.',
    portalWide: true,
  },
  {
    when: bareStatus(404),
    kind: 'needs attention',
    reason: 'not-a-portal',
    message: (_, origin) => `no DocSpace portal answers at ${origin}, or it is suspended`,
    hint: 'Check API_HOST and whether the portal is active, then retry.',
    portalWide: true,
  },
  {
    when: portalStatus(404, isOfPlace),
    kind: 'needs attention',
    reason: 'place-gone',
    message: 'the group or room is no longer at the portal',
    hint: 'Cancel this onboarding, or restore the group or room and retry.',
  },
  {
    when: portalStatus(404),
    kind: 'retry now',
    message: 'the portal does not show this account',
  },
  {
    // It concerns the role change, not the person (docspace-api.md §3.4).
    when: portalStatus(400, ({ route }) => route.includes('/people/type')),
    kind: 'needs attention',
    reason: 'role-not-applied',
    message: ({ portalMessage }) => `the portal refuses this role change: ${portalMessage ?? 'no reason given'}`,
    hint: 'To change an administrator, use the key of the owner. Or set the role in the portal. Then retry.',
  },
  {
    when: portalStatus(400, isOfRoom),
    kind: 'needs attention',
    reason: 'room-not-applied',
    message: ({ portalMessage }) => `the portal refuses this: ${portalMessage ?? 'no reason given'}`,
    hint: 'Make the change in the portal, then retry.',
  },
  {
    when: portalStatus(400, isOfPlace),
    kind: 'needs attention',
    reason: 'group-not-applied',
    message: ({ portalMessage }) => `the portal refuses this: ${portalMessage ?? 'no reason given'}`,
    hint: 'Make the change in the portal, then retry.',
  },
  {
    when: portalStatus(400),
    kind: 'give up',
    message: ({ portalMessage }) => `the portal refuses this person: ${portalMessage ?? 'no reason given'}`,
  },
];

/** An answer that no rule knows may pass by itself. */
export function classify(facts: PortalErrorFacts, origin: string): Verdict {
  const rule = rules.find(({ when }) => when(facts));
  if (!rule) return { kind: 'retry now', message: `the portal answered ${facts.status}` };
  const { when: _, message, ...verdict } = rule;
  return { ...verdict, message: typeof message === 'string' ? message : message(facts, origin) };
}

function inBrackets(text: string | undefined): string {
  return text === undefined ? '' : ` (${text})`;
}
