/** Why an onboarding needs attention. Other programs rely on these words. */
export const attentionReasons = [
  'api-key',
  'permission',
  'quota',
  'conflict',
  'role-not-applied',
  'group-not-applied',
  'room-not-applied',
  'place-gone',
  'not-a-portal',
  'wrong-portal',
  'certificate',
  'portal-unavailable',
] as const;

export type AttentionReason = (typeof attentionReasons)[number];
