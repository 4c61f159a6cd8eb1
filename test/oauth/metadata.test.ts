import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OAuthMetadataSchema, OAuthProtectedResourceMetadataSchema } from '@modelcontextprotocol/sdk/shared/auth.js';
import { issuer, serverUnderTest } from './server-under-test.js';

test('the metadata documents name the issuer byte for byte and what the server can do', () => {
  const { server } = serverUnderTest();
  OAuthMetadataSchema.parse(server.metadata(issuer));
  OAuthProtectedResourceMetadataSchema.parse(server.resourceMetadata(issuer));
  assert.equal(server.metadata(issuer)['issuer'], issuer);
  assert.deepEqual(server.metadata(issuer)['token_endpoint_auth_methods_supported'], [
    'none',
    'client_secret_post',
    'client_secret_basic',
    'private_key_jwt',
  ]);
  assert.equal(server.metadata(issuer)['authorization_response_iss_parameter_supported'], true);
  assert.equal(server.metadata(issuer)['client_id_metadata_document_supported'], true);
  assert.equal(server.metadata(issuer)['revocation_endpoint'], `${issuer}/revoke`);
  assert.deepEqual(server.metadata(issuer)['code_challenge_methods_supported'], ['S256']);
  assert.equal(server.resource, `${issuer}/mcp`);
  assert.equal(server.resourceMetadata(issuer)['resource'], server.resource);
  assert.deepEqual(server.resourceMetadata(issuer)['authorization_servers'], [issuer]);
  assert.equal(server.resourceMetadataUrl(issuer), `${issuer}/.well-known/oauth-protected-resource/mcp`);
});
