import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const documents = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'SECURITY.md'];

for (const name of documents) {
  test(`${name} links to files that are there`, async () => {
    const text = await readFile(join(root, name), 'utf8');
    const targets = [...text.matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)|(?:src|srcset)="(?!https?:)([^"\s]+)"/g)];
    for (const [, link, image] of targets) {
      const path = join(root, dirname(name), link ?? image ?? '');
      assert.ok(existsSync(path), `${link ?? image} is not there`);
    }
  });
}

test('ARCHITECTURE.md names files and folders that are there', async () => {
  const text = await readFile(join(root, 'ARCHITECTURE.md'), 'utf8');
  const names = [...text.matchAll(/`((?:src|bin|state|oauth|http|mcp|notes|cli)\/[\w./-]+)`/g)].map(
    ([, path]) => path ?? '',
  );
  assert.ok(names.length > 30);
  for (const path of names) {
    const found = [path, join('src', path)].some((place) => existsSync(join(root, place)));
    assert.ok(found, `${path} is not there`);
  }
});
