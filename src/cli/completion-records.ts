import { readStateFile } from '../state/file/read-state-file.js';
import { summarizeClients } from '../state/rules/summary.js';
import type { Candidate } from './completion.js';

/** A shell runs what is completed: an ID that is a URL of a stranger's may hold more than names and slashes. */
const plainWord = /^[\w.:/@%+=,-]+$/;

/** Returns what the state file at `path` has for `--client`, `--grant` or `--token`; rejects when it cannot be read. */
export async function listRecords(option: string, path: string): Promise<Candidate[]> {
  const { view } = await readStateFile(path);
  const candidates: Candidate[] = [];
  for (const { client_id: id, name, redirect_hosts: hosts, grants } of summarizeClients(view, Date.now() / 1_000)) {
    const description = `${name ?? '(no name)'}  ${hosts.join(', ')}`;
    if (option === '--client') candidates.push({ word: id, description });
    for (const { grant_id: grantId, tokens } of grants) {
      if (option === '--grant') candidates.push({ word: grantId, description });
      if (option !== '--token') continue;
      for (const { fingerprint, kind } of tokens)
        candidates.push({ word: fingerprint, description: `${kind}, ${description}` });
    }
  }
  return candidates.filter(({ word }) => plainWord.test(word));
}
