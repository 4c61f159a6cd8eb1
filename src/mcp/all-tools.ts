import type { Tool } from './tool.js';
import { vaultDaily } from './tools/vault-daily.js';
import { vaultDelete } from './tools/vault-delete.js';
import { vaultEdit } from './tools/vault-edit.js';
import { vaultFrontmatter } from './tools/vault-frontmatter.js';
import { vaultInsert } from './tools/vault-insert.js';
import { vaultLinks } from './tools/vault-links.js';
import { vaultList } from './tools/vault-list.js';
import { vaultMove } from './tools/vault-move.js';
import { vaultRead } from './tools/vault-read.js';
import { vaultRecent } from './tools/vault-recent.js';
import { vaultReindex } from './tools/vault-reindex.js';
import { vaultSearch } from './tools/vault-search.js';
import { vaultSummary } from './tools/vault-summary.js';
import { vaultTags } from './tools/vault-tags.js';
import { vaultWrite } from './tools/vault-write.js';

/** Every tool, in the order in which clients list them. */
export const allTools: readonly Tool[] = [
  vaultSearch,
  vaultRead,
  vaultList,
  vaultSummary,
  vaultRecent,
  vaultTags,
  vaultLinks,
  vaultWrite,
  vaultEdit,
  vaultInsert,
  vaultDaily,
  vaultFrontmatter,
  vaultMove,
  vaultDelete,
  vaultReindex,
];
