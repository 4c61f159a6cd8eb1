// An MCP server in Express, with logins: PIN='a long secret' node express-server.js
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import express from 'express';
import { createLogins } from 'vault-mcp/oauth';

const { PORT = '3000', ISSUER_URL = `http://localhost:${PORT}`, STATE_PATH = 'state.json', PIN = '' } = process.env;

const logins = await createLogins({
  issuerUrl: ISSUER_URL,
  statePath: STATE_PATH,
  pin: PIN,
  name: 'Greeter',
  scopes: { greet: 'Be greeted' },
});

const app = express();
app.use(logins.routes);
app.all('/mcp', logins.requireLogin('greet'), async (request, response) => {
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
  listening.close(() => void logins.close());
  listening.closeAllConnections();
});
