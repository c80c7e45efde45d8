/** The types of rooms, by the portal's numbers (docspace-api.md §11). */
export const roomTypes = {
  FillingFormsRoom: 1,
  EditingRoom: 2,
  CustomRoom: 5,
  PublicRoom: 6,
  VirtualDataRoom: 8,
  AiRoom: 9,
} as const;
export type RoomType = (typeof roomTypes)[keyof typeof roomTypes];

export interface Room {
  id: number;
  title: string;
  type: RoomType;
  ownerId: string;
  createdOn: string;
  isArchived?: boolean;
  isRemoved?: boolean;
}

/** Somebody's own row in a room, or a group's. Access 0 removes it. */
export interface Share {
  roomId: number;
  subjectId: string;
  access: number;
}

/** A title is trimmed, and characters that no file name may have become `_`. An emoji becomes two. */
export function toTitle(given: string): string {
  return given.trim().replaceAll(/[/:*?"<>|\\+\ud800-\udfff]/g, '_');
}
