// An MCP server on node:http alone, with the SDK's version 2, and logins: PIN='a long secret' node node-http-server.js
import { createServer } from 'node:http';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import { createLogins } from 'vault-mcp/oauth';

const { PORT = '3000', ISSUER_URL = `http://localhost:${PORT}`, STATE_PATH = 'state.json', PIN = '' } = process.env;

const logins = await createLogins({ issuerUrl: ISSUER_URL, statePath: STATE_PATH, pin: PIN, name: 'Greeter' });

const serveMcp = toNodeHandler(
  createMcpHandler(() => {
    const server = new McpServer({ name: 'greeter', version: '1.0.0' });
    server.registerTool('greet', { description: 'Greets who calls' }, ({ http }) => ({
      content: [{ type: 'text', text: `Hello, ${http?.authInfo?.clientId}` }],
    }));
    return server;
  }),
);
const requireLogin = logins.requireLogin();

const server = createServer((request, response) =>
  logins.routes(request, response, () =>
    requireLogin(request, response, () => void serveMcp(request as never, response)),
  ),
);
server.listen(Number(PORT), '127.0.0.1');
process.once('SIGTERM', () => {
  server.close(() => void logins.close());
  server.closeAllConnections();
});
