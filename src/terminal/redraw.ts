import { createLogUpdate } from 'log-update';
import { clearBeforeInfo } from './print.js';

/** Redraws lines in place. A serial console reports a size of 0 × 0, and log-update would then show nothing. */
export function createRedraw(stream: NodeJS.WriteStream): ReturnType<typeof createLogUpdate> {
  const sizedStream = {
    write: (text: string) => stream.write(text),
    get columns() {
      return stream.columns || 80;
    },
    get rows() {
      return stream.rows || 24;
    },
  };
  const draw = createLogUpdate(sizedStream as NodeJS.WriteStream, { showCursor: true });
  if (stream === process.stderr) clearBeforeInfo(draw);
  return draw;
}
