import type { Tool } from './tool.js';
import { vaultEdit } from './tools/vault-edit.js';
import { vaultList } from './tools/vault-list.js';
import { vaultRead } from './tools/vault-read.js';
import { vaultReindex } from './tools/vault-reindex.js';
import { vaultSearch } from './tools/vault-search.js';
import { vaultSummary } from './tools/vault-summary.js';
import { vaultWrite } from './tools/vault-write.js';

/** Every tool, in the order in which clients list them. */
export const allTools: readonly Tool[] = [
  vaultSearch,
  vaultRead,
  vaultList,
  vaultSummary,
  vaultWrite,
  vaultEdit,
  vaultReindex,
];
