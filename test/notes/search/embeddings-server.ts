import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

export interface EmbeddingsRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly model: string;
  readonly input: readonly string[];
}

type Respond = (request: EmbeddingsRequest, response: ServerResponse) => void;

/** An endpoint of both protocols; what it was asked, and how it answers from now on. */
export interface EmbeddingsServer {
  readonly url: string;
  readonly requests: EmbeddingsRequest[];
  /** All texts that it was asked for. */
  texts(): string[];
  respond: Respond;
  /** Stops it, and lets it come back on the same port. */
  stop(): Promise<void>;
  restart(): Promise<void>;
}

/** Words of one meaning share an axis; the last one is for texts with none of them. */
const concepts = [
  ['car', 'automobile', 'vehicle', 'coche'],
  ['doctor', 'physician', 'médico'],
  ['dog', 'hound', 'perro'],
  ['money', 'salary', 'wages'],
];

export function conceptVector(text: string): number[] {
  const words = new Set(text.toLowerCase().match(/\p{L}+/gu) ?? []);
  const vector = concepts.map((synonyms) => synonyms.filter((word) => words.has(word)).length);
  return [...vector, vector.some((count) => count > 0) ? 0 : 1];
}

/** Answers with concept vectors, in the protocol that the path asks for. */
export const answerConcepts: Respond = ({ path, input }, response) => {
  const vectors = input.map(conceptVector);
  const data = vectors.map((embedding, index) => ({ object: 'embedding', index, embedding })).reverse();
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(path.endsWith('/api/embed') ? { embeddings: vectors } : { object: 'list', data }));
};

export async function startEmbeddingsServer(t: TestContext): Promise<EmbeddingsServer> {
  const requests: EmbeddingsRequest[] = [];
  const http = createServer(async (request, response) => {
    let body = '';
    for await (const part of request.setEncoding('utf8')) body += part;
    const asked = { path: request.url ?? '', headers: request.headers, ...JSON.parse(body) } as EmbeddingsRequest;
    requests.push(asked);
    server.respond(asked, response);
  });
  const listen = (port: number) => new Promise<void>((resolve) => http.listen(port, '127.0.0.1', resolve));
  await listen(0);
  const { port } = http.address() as AddressInfo;
  const stop = () =>
    new Promise<void>((resolve) => {
      http.close(() => resolve());
      http.closeAllConnections();
    });
  t.after(stop);
  const server: EmbeddingsServer = {
    url: `http://127.0.0.1:${port}`,
    requests,
    texts: () => requests.flatMap(({ input }) => input),
    respond: answerConcepts,
    stop,
    restart: () => listen(port),
  };
  return server;
}
