import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createClientDocuments } from '../../src/oauth/clients/client-documents.js';
import {
  ClientDocumentError,
  clientDocumentUrl,
  readClientDocument,
} from '../../src/oauth/clients/client-metadata-document.js';
import { FetchError } from '../../src/oauth/clients/guarded-fetch.js';
import type { ClientRecord } from '../../src/state/schema.js';

const issuer = 'https://vault.example.com';
const clientId = 'https://app.example.org/oauth/client.json';
const document = { client_id: clientId, client_name: 'App', redirect_uris: ['https://app.example.org/callback'] };

test('only a canonical https URL with a path, on another host, names a document', () => {
  assert.equal(clientDocumentUrl(clientId, issuer)?.href, clientId);
  for (const wrong of [
    'http://app.example.org/c',
    'https://app.example.org',
    'https://app.example.org/',
    'https://app.example.org/a/../b',
    'https://app.example.org/a/./b',
    'https://app.example.org:443/c',
    'https://APP.example.org/c',
    'https://u:p@app.example.org/c',
    'https://app.example.org/c#f',
    `${issuer}/c`,
    'https://',
    'a1b2c3',
    `https://app.example.org/${'x'.repeat(1_000)}`,
  ]) {
    assert.equal(clientDocumentUrl(wrong, issuer), undefined, wrong);
  }
});

test('a document gives a public client, or one of private_key_jwt, never one with a shared secret', () => {
  const read = (members: object) => readClientDocument(clientId, { ...document, ...members }, 100, 60);
  const jwks = { keys: [{ kty: 'EC' }] };
  assert.equal(read({}).token_endpoint_auth_method, 'none');
  assert.equal(read({}).fresh_until, 160);
  assert.equal(read({ token_endpoint_auth_method: 'none' }).token_endpoint_auth_method, 'none');
  assert.equal(
    read({ token_endpoint_auth_method: 'private_key_jwt', jwks }).token_endpoint_auth_method,
    'private_key_jwt',
  );
  const both = { token_endpoint_auth_methods_supported: ['private_key_jwt', 'none'], jwks };
  assert.equal(read(both).token_endpoint_auth_method, 'none');
  assert.throws(() => read({ token_endpoint_auth_method: 'private_key_jwt' }), /no jwks/);
  assert.throws(() => read({ token_endpoint_auth_method: 'client_secret_basic' }), /neither none nor private_key_jwt/);
  assert.throws(() => read({ client_id: `${clientId}x` }), /another client_id/);
  assert.throws(() => read({ redirect_uris: [] }), /redirect_uris/);
  assert.throws(() => readClientDocument(clientId, 'x', 0, 0), /the whole of it is wrong/);
  assert.equal('client_secret' in read({ client_secret: 's' }), false);
});

test('documents are kept by their headers and shared while under way; a stored one serves while its host fails', async () => {
  let now = 1_000;
  let fetched = 0;
  let failing = false;
  let failure = new FetchError('down');
  const documents = createClientDocuments({
    issuer,
    fetchJson: async () => {
      fetched += 1;
      if (failing) throw failure;
      return { json: document, maxAgeSeconds: 60 };
    },
    now: () => now,
  });
  assert.equal(await documents.find('a1b2c3', undefined), undefined);
  const [one, two] = await Promise.all([documents.find(clientId, undefined), documents.find(clientId, undefined)]);
  assert.equal(one, two);
  assert.equal(fetched, 1);
  assert.equal(await documents.find(clientId, undefined), one);
  assert.equal(fetched, 1);
  now += 60;
  failing = true;
  await assert.rejects(documents.find(clientId, undefined), FetchError);
  await assert.rejects(documents.find(clientId, undefined), FetchError);
  assert.equal(fetched, 3, 'an error is never kept');
  const stored = { ...(one as ClientRecord), fetched_at: 1 };
  assert.equal((await documents.find(clientId, stored))?.fetched_at, 1_000, 'the newest that was ever fetched');
  await documents.find(clientId, stored);
  assert.equal(fetched, 4, 'a host that failed is left alone for a minute');
  failing = false;
  now += 60;
  assert.equal((await documents.find(clientId, stored))?.fetched_at, 1_120);
  now += 60;
  failing = true;
  failure = new FetchError('gone', { status: 404 });
  await assert.rejects(documents.find(clientId, stored), ClientDocumentError, 'a withdrawn document serves nobody');
});
