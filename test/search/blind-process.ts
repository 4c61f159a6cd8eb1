import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { silentLog } from '../../src/log.js';
import { openSearchIndex } from '../../src/search/open-search-index.js';
import { openVault } from '../../src/vault/open-vault.js';
import { collectLog, eventually, pathsFound, untilReady } from './open-index.js';

/** Follows the vault at argv[2] where no more folders can be watched; prints the warnings and what it found. */
const root = process.argv[2] ?? '';
const { log, entries } = collectLog();
const vault = await openVault({ path: root, log: silentLog });
const index = await openSearchIndex({ vault, watch: true, log });
await untilReady(index);
const warnings = () => entries.filter(({ level }) => level === 'warn');
await eventually(async () => warnings().length, 1);
await writeFile(join(root, 'folder-7', 'new.md'), '# New\n\nThe axolotl swims.\n');
await eventually(() => pathsFound(index, 'axolotl'), ['folder-7/new.md'], 10_000);
await index.close();
process.stdout.write(JSON.stringify(warnings()));
