// An MCP server with the SDK's mcpAuthRouter, and logins behind it: PIN='a long secret' node sdk-router-server.js
import { requireBearerAuth } from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js';
import { getOAuthProtectedResourceMetadataUrl, mcpAuthRouter } from '@modelcontextprotocol/sdk/server/auth/router.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import express from 'express';
import { createOAuthProvider } from 'vault-mcp/oauth/sdk';

const { PORT = '3000', ISSUER_URL = `http://localhost:${PORT}`, STATE_PATH = 'state.json', PIN = '' } = process.env;
const issuerUrl = new URL(ISSUER_URL);
const resourceServerUrl = new URL('/mcp', issuerUrl);

const provider = await createOAuthProvider({
  issuerUrl: ISSUER_URL,
  statePath: STATE_PATH,
  pin: PIN,
  name: 'Greeter',
  scopes: { greet: 'Be greeted' },
});

const app = express();
app.use(provider.approvalPage);
app.use(mcpAuthRouter({ provider, issuerUrl, resourceServerUrl, scopesSupported: ['greet'] }));
const resourceMetadataUrl = getOAuthProtectedResourceMetadataUrl(resourceServerUrl);
app.all('/mcp', requireBearerAuth({ verifier: provider, resourceMetadataUrl }), async (request, response) => {
  const server = new McpServer({ name: 'greeter', version: '1.0.0' });
  server.registerTool('greet', { description: 'Greets who calls' }, ({ authInfo }) => ({
    content: [{ type: 'text', text: `Hello, ${authInfo?.clientId}` }],
  }));
  const transport = new StreamableHTTPServerTransport({ enableJsonResponse: true });
  await server.connect(transport as never);
  await transport.handleRequest(request, response);
});

const listening = app.listen(Number(PORT), '127.0.0.1');
process.once('SIGTERM', () => {
  listening.close(() => void provider.close());
  listening.closeAllConnections();
});
