import { createReadStream, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readPeople } from '../../src/people/read.js';
import { piecesOf } from '../support/pieces.js';
import { files, filesPage, summary } from './files.js';

describe('a file is read with all its problems', () => {
  it.each(files)('$name: $what', async ({ path, options, read }) => {
    expect(summary(await readPeople(createReadStream(path), options))).toEqual(read);
  });

  it('in pieces of any size', async () => {
    for (const { name, path, options, read } of files) {
      const bytes = readFileSync(path);
      const size = bytes.length < 10_000 ? 1 : 1_009;
      expect([name, summary(await readPeople(piecesOf(bytes, size), options))]).toEqual([name, read]);
    }
  });
});

it('docs/files.md lists these files', async () => {
  await expect(filesPage()).toMatchFileSnapshot('../../docs/files.md');
});
