import type { Prefixes } from './prefixes.js';

/** Where texts become vectors. */
export interface EmbeddingsOptions {
  /** A URL that `checkEmbeddingsUrl` accepts. */
  readonly url: string;
  readonly model: string;
  /** Sent as a bearer token. */
  readonly apiKey?: string | undefined;
  /** What is written before a query and before a section; by the model's name by default. */
  readonly prefixes?: Prefixes | undefined;
}

export interface Endpoint {
  readonly url: URL;
  readonly protocol: 'openai' | 'ollama';
}

/** Returns why a text is no URL of an embeddings endpoint, with a hint; undefined when it is one. */
export function checkEmbeddingsUrl(text: string): { reason: string; hint: string } | undefined {
  const hint = 'write a URL such as http://127.0.0.1:11434/api/embed or https://api.openai.com/v1';
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) return { reason: 'is not a URL', hint };
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return { reason: 'is not an http or https URL', hint };
  if (url.username !== '' || url.password !== '') {
    return { reason: 'has a user name or password', hint: 'a key goes into VAULT_EMBEDDINGS_API_KEY' };
  }
  if (url.hash !== '') return { reason: 'has a fragment', hint };
  if (/\/api\/embeddings\/*$/.test(url.pathname)) {
    return { reason: "is Ollama's old endpoint", hint: 'use /api/embed' };
  }
  return undefined;
}

/** Tells the protocol by the path: `/api/embed` is Ollama's, `/embeddings` OpenAI's; any other is a base of the latter. */
export function resolveEndpoint(text: string): Endpoint {
  const url = new URL(text);
  url.pathname = url.pathname.replace(/\/+$/, '');
  if (url.pathname.endsWith('/api/embed')) return { url, protocol: 'ollama' };
  if (!url.pathname.endsWith('/embeddings')) url.pathname = `${url.pathname.replace(/\/$/, '')}/embeddings`;
  return { url, protocol: 'openai' };
}
