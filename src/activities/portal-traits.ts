/** What a worker has learned of its portal, and need not ask again. */
export interface PortalTraits {
  /** A portal that ignores the documented role call goes on ignoring it. */
  documentedRoleIgnored: boolean;
  /** Whether the comment of a create comes back as notes; unknown until an account was made. */
  keepsNotes: boolean | undefined;
}
