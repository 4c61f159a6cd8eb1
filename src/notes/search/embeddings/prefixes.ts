/** What a model wants before a query, and before a text that is searched. */
export interface Prefixes {
  readonly query: string;
  readonly passage: string;
}

const none: Prefixes = { query: '', passage: '' };
const instruction = 'Instruct: Given a search query, retrieve the notes that answer it\nQuery: ';

/** The models that were trained with prefixes, by a part of their name; the first that fits. */
const known: readonly (readonly [RegExp, Prefixes])[] = [
  [/e5-.*instruct|qwen3-embedding/i, { query: instruction, passage: '' }],
  [/\be5\b/i, { query: 'query: ', passage: 'passage: ' }],
  [/nomic-embed/i, { query: 'search_query: ', passage: 'search_document: ' }],
  [/embedding-?gemma/i, { query: 'task: search result | query: ', passage: 'title: none | text: ' }],
  [
    /mxbai-embed|snowflake-arctic-embed(?!2|-l-v2|-m-v2)|bge-(small|base|large)-en/i,
    { query: 'Represent this sentence for searching relevant passages: ', passage: '' },
  ],
  [/arctic-embed/i, { query: 'query: ', passage: '' }],
  [/bge-(small|base|large)-zh/i, { query: '为这个句子生成表示以用于检索相关文章：', passage: '' }],
];

/** Returns the prefixes of a model by its name; empty ones for a model that has none or is not known. */
export function prefixesOf(model: string): Prefixes {
  return known.find(([name]) => name.test(model))?.[1] ?? none;
}

/** Reads `QUERY|PASSAGE`, as in `query:|passage:`, a space after each colon at an end; undefined when it is not two parts. */
export function readPrefixes(text: string): Prefixes | undefined {
  if (text === 'none') return none;
  const [query, passage, more] = text.split('|').map((prefix) => prefix.replace(/:$/, ': '));
  return query === undefined || passage === undefined || more !== undefined ? undefined : { query, passage };
}
