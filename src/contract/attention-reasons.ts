/** Why an onboarding waits for a person: a contract, other programs are written against it. */
export const attentionReasons = [
  'api-key',
  'permission',
  'quota',
  'conflict',
  'role-not-applied',
  'not-a-portal',
  'wrong-portal',
  'portal-unavailable',
] as const;

export type AttentionReason = (typeof attentionReasons)[number];
