import { html, type Markup } from './markup.js';

/** What the pages call the server, and what a person agrees to there. */
export interface Consent {
  readonly name: string;
  /** What stands before the host that it goes to. */
  readonly heading: string;
  /** What an approved app can do, after "can do this". */
  readonly object: string;
  /** What an approval means, in a sentence. */
  readonly approved: string;
  /** Shows what is asked for; `readOnly` is what was chosen before. */
  access(scopes: readonly string[], readOnly: boolean): Markup;
}

/** Returns the consent texts for a server with these scopes: names and their descriptions. */
export function createConsent(name: string, words: Readonly<Record<string, string>>): Consent {
  return {
    name,
    heading: `An app wants to use ${name}. What it gets goes to`,
    object: '',
    approved: 'The app may do what you approved.',
    access: (scopes) => {
      const asked = scopes.flatMap((scope) => words[scope] ?? []);
      return html`<p class="label">It asks to</p>
<div class="choices">${asked.map((text) => html`<div class="choice"><span>${text}</span></div>`)}</div>`;
    },
  };
}

const readWords = 'List, search, read';

/** The consent of a vault: all of it, or reading only. */
export const vaultConsent: Consent = {
  name: 'vault-mcp',
  heading: 'An app wants your notes. They go to',
  object: ' with your notes',
  approved: 'The app may use your notes as you chose.',
  access: (scopes, readOnly) => {
    if (!scopes.includes('vault:write')) {
      return html`<p class="label">It asks to</p>
<div class="choices"><div class="choice"><span><b>Only read notes</b><span>${readWords}</span></span></div></div>`;
    }
    const choice = (value: string, checked: boolean, title: string, text: string) =>
      html`<label class="choice"><input type="radio" name="read_only" value="${value}"${checked ? html` checked` : undefined}>
<span><b>${title}</b><span>${text}</span></span></label>`;
    return html`<fieldset>
<legend>What it may do</legend>
<div class="choices">${choice('off', !readOnly, 'Read and change notes', `${readWords}, write, edit, move, delete`)}
${choice('on', readOnly, 'Only read notes', readWords)}</div>
</fieldset>`;
  },
};
