/** What a worker has learned about its portal. */
export interface PortalTraits {
  /** The portal ignored the documented role call once, so it always will. */
  documentedRoleIgnored: boolean;
  /** Whether the portal returns the comment of a create as notes. Unknown until a create was answered. */
  keepsNotes: boolean | undefined;
}
