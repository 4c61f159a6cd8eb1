import type { ToolContext } from './tool.js';

/**
 * Lets the next search see a note that a tool changed. While the first pass over the vault runs, that pass finds it,
 * and the tool does not wait. A failing index never fails the change, which is on disk by then.
 */
export async function indexChange({ search, log }: ToolContext, path: string): Promise<void> {
  const indexed = search.noteChanged(path).catch((error: unknown) => {
    log.warn('a changed note could not be indexed', { path, error: String(error) });
  });
  if (search.status().ready) await indexed;
}
