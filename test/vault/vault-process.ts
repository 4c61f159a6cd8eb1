import { silentLog } from '../../src/log.js';
import { openVault } from '../../src/vault/open-vault.js';
import type { Vault } from '../../src/vault/vault.js';

/** What to do at once, through a handle of its own each; every one answers with its text, or the code of its refusal. */
export interface Race {
  readonly kind: 'write' | 'move';
  readonly root: string;
  readonly path: string;
  readonly texts: readonly string[];
}

export interface Outcome {
  readonly text: string;
  readonly code: string | undefined;
}

/** A process that takes part in races over one note. */
process.on('message', async ({ kind, root, path, texts }: Race) => {
  const vaults = await Promise.all(texts.map(() => openVault({ path: root, log: silentLog })));
  const take = (vault: Vault, text: string) =>
    kind === 'write' ? vault.write(path, text) : vault.move(`${text}.md`, path);
  const outcomes = vaults.map((vault, index) => {
    const text = texts[index] ?? '';
    return take(vault, text).then(
      () => ({ text, code: undefined }),
      (error: { code: string }) => ({ text, code: error.code }),
    );
  });
  process.send?.(await Promise.all(outcomes));
});
process.on('disconnect', () => process.exit(0));
