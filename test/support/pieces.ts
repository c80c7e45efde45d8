/** Yields bytes as a stream does: in pieces that may end anywhere. */
export async function* piecesOf(bytes: Uint8Array, size = bytes.length): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
