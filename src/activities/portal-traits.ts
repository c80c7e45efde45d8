/** What a worker has learned about its portal. */
export interface PortalTraits {
  /** The portal ignored the documented role call once, so it always will. */
  documentedRoleIgnored: boolean;
  /** Whether the comment of a create is returned as notes; unknown until a create was answered. */
  keepsNotes: boolean | undefined;
}
