/** A time in the time zone of this machine, such as `2026-11-26 14:03:12`. */
export function localTime(time: string | Date): string {
  return new Date(time).toLocaleString('sv');
}

/** Such as `14:03:12`. */
export function localTimeOfDay(time: string | Date): string {
  return new Date(time).toLocaleTimeString('sv');
}
