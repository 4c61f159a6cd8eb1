import type { Endpoint } from './endpoint.js';

/** Vectors of one length, one after the other, in the order of the texts. */
export interface Vectors {
  readonly dimensions: number;
  readonly values: Float32Array<ArrayBuffer>;
}

export interface VectorRequest {
  readonly endpoint: Endpoint;
  readonly model: string;
  readonly apiKey?: string | undefined;
  readonly texts: readonly string[];
  readonly signal: AbortSignal;
}

/** An endpoint that gave no vectors; the message has nothing of its answer and no secret. */
export class EmbeddingError extends Error {
  /** True when it may be these texts that it does not take, and not everything. */
  readonly isRefusal: boolean;

  constructor(message: string, isRefusal = false) {
    super(message);
    this.isRefusal = isRefusal;
  }
}

const maxAnswerBytes = 16 * 1024 * 1024;
const maxDimensions = 8192;
const refusals = new Set([400, 413, 422]);

/** Asks the endpoint once and returns finite vectors; rejects with EmbeddingError. */
export async function requestVectors(request: VectorRequest): Promise<Vectors> {
  const answer = await post(request);
  const lists = request.endpoint.protocol === 'ollama' ? member(answer, 'embeddings') : inOrder(member(answer, 'data'));
  return toVectors(lists, request.texts.length);
}

async function post({ endpoint, model, apiKey, texts, signal }: VectorRequest): Promise<unknown> {
  try {
    const response = await fetch(endpoint.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
      },
      body: JSON.stringify({ model, input: texts }),
      // Notes and key go where the operator sent them, and nowhere else.
      redirect: 'error',
      signal,
    });
    if (!response.ok) {
      await response.body?.cancel();
      throw new EmbeddingError(`it answers with status ${response.status}`, refusals.has(response.status));
    }
    return JSON.parse(await readText(response));
  } catch (error) {
    if (error instanceof EmbeddingError) throw error;
    if (error instanceof SyntaxError) throw new EmbeddingError('its answer is not JSON');
    throw new EmbeddingError(signal.aborted ? 'it does not answer in time' : `it cannot be reached (${codeOf(error)})`);
  }
}

async function readText(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body ?? []) {
    size += part.length;
    if (size > maxAnswerBytes) throw new EmbeddingError('its answer is too long');
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}

function codeOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  if (cause instanceof Error && 'code' in cause) return String(cause.code);
  return cause instanceof Error ? cause.message : 'no connection';
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

/** OpenAI numbers its vectors; the order of the list is not promised. */
function inOrder(data: unknown): unknown[] | undefined {
  if (!Array.isArray(data)) return undefined;
  const lists: unknown[] = new Array(data.length).fill(undefined);
  data.forEach((item, place) => {
    const index = member(item, 'index') ?? place;
    if (typeof index === 'number') lists[index] = member(item, 'embedding');
  });
  return lists;
}

function toVectors(lists: unknown, count: number): Vectors {
  if (!Array.isArray(lists) || lists.length !== count) throw new EmbeddingError('its answer has not a vector per text');
  const dimensions = Array.isArray(lists[0]) ? lists[0].length : 0;
  if (dimensions === 0 || dimensions > maxDimensions) throw new EmbeddingError('its answer has no usable vectors');
  const values = new Float32Array(count * dimensions);
  lists.forEach((list: unknown, at) => {
    if (!Array.isArray(list) || list.length !== dimensions) {
      throw new EmbeddingError('the vectors of its answer differ in length');
    }
    values.set(
      list.map((value) => (typeof value === 'number' ? value : Number.NaN)),
      at * dimensions,
    );
  });
  if (!values.every(Number.isFinite)) throw new EmbeddingError('its answer has no usable vectors');
  return { dimensions, values };
}
