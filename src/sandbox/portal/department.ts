/** A group that people created. The groups that define a person's type are separate. */
export interface Department {
  id: string;
  name: string;
  managerId?: string | undefined;
  isRemoved?: boolean;
}

/** A row of the table of members. */
export interface Membership {
  departmentId: string;
  memberId: string;
  isMember: boolean;
}
