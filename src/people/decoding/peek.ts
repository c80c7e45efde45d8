/** Reads the start of a stream, until `enough` says so or nothing more comes, and answers it with the stream as it was. */
export async function peek<Piece>(
  source: AsyncIterable<Piece>,
  join: (start: Piece, next: Piece) => Piece,
  enough: (start: Piece) => boolean,
): Promise<{ start: Piece | undefined; whole: AsyncIterableIterator<Piece> }> {
  const pieces = source[Symbol.asyncIterator]();
  let start: Piece | undefined;
  while (start === undefined || !enough(start)) {
    const next = await pieces.next();
    if (next.done) break;
    start = start === undefined ? next.value : join(start, next.value);
  }
  return { start, whole: new Again(start, pieces) };
}

/** Not a generator: one that was never asked for anything would not close what it reads from. */
class Again<Piece> implements AsyncIterableIterator<Piece> {
  constructor(
    private start: Piece | undefined,
    private readonly pieces: AsyncIterator<Piece>,
  ) {}

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Piece>> {
    const { start } = this;
    this.start = undefined;
    return start === undefined ? this.pieces.next() : { done: false, value: start };
  }

  async return(): Promise<IteratorResult<Piece>> {
    await this.pieces.return?.();
    return { done: true, value: undefined };
  }
}
