import type { DataFile } from './data-file.js';
import type { Room, Share } from './room.js';

export class Rooms {
  private readonly byId = new Map<number, Room>();
  private readonly accesses = new Map<number, Map<string, number>>();

  constructor(private readonly file: DataFile | undefined) {
    for (const line of file?.lines ?? []) {
      if ('room' in line) this.byId.set(line.room.id, line.room);
      else if ('share' in line) this.store(line.share);
    }
  }

  /** The newest first. */
  all(): Room[] {
    return [...this.byId.values()].filter(({ isRemoved }) => !isRemoved).toReversed();
  }

  get(id: number): Room | undefined {
    const room = this.byId.get(id);
    return room?.isRemoved ? undefined : room;
  }

  /** Two rooms may have the same title. */
  insert(room: Room): void {
    this.byId.set(room.id, room);
    this.file?.append({ room });
  }

  nextId(): number {
    return this.byId.size + 1;
  }

  update(id: number, change: Partial<Omit<Room, 'id'>>): void {
    const room = this.get(id);
    if (room) this.insert({ ...room, ...change });
  }

  /** The rows of a room by the ids of people and groups. The owner's right to the room has no row. */
  rowsOf(roomId: number): ReadonlyMap<string, number> {
    return this.accesses.get(roomId) ?? new Map();
  }

  share(share: Share): void {
    if ((this.rowsOf(share.roomId).get(share.subjectId) ?? 0) === share.access) return;
    this.store(share);
    this.file?.append({ share });
  }

  private store({ roomId, subjectId, access }: Share): void {
    const rows = this.accesses.get(roomId) ?? new Map<string, number>();
    if (access === 0) rows.delete(subjectId);
    else rows.set(subjectId, access);
    this.accesses.set(roomId, rows);
  }
}
