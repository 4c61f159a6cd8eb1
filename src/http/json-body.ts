import express, { type RequestHandler } from 'express';

/** Deeper than anything a client has to say, and far from where recursive code runs out of stack. */
const depthMax = 200;

/** Parses a JSON body of at most `limitBytes`, of any JSON type and nested to 200 levels; `type` as in `request.is`. */
export function jsonBody(limitBytes: number, type: string | (() => boolean)): RequestHandler {
  return express.json({
    limit: limitBytes,
    strict: false,
    type,
    verify: (_request, _response, body) => {
      if (isNestedDeeply(body)) throw new Error('nested too deeply');
    },
  });
}

const [quote, backslash, openBrace, closeBrace, openBracket, closeBracket] = Buffer.from('"\\{}[]');

function isNestedDeeply(json: Buffer): boolean {
  if (json.length <= depthMax) return false;
  let depth = 0;
  let isText = false;
  for (let i = 0; i < json.length; i++) {
    const byte = json[i];
    if (isText) {
      if (byte === backslash) i += 1;
      else if (byte === quote) isText = false;
    } else if (byte === quote) isText = true;
    else if (byte === openBracket || byte === openBrace) {
      depth += 1;
      if (depth > depthMax) return true;
    } else if (byte === closeBracket || byte === closeBrace) depth -= 1;
  }
  return false;
}
