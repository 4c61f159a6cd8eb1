import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import pkceChallenge from 'pkce-challenge';
import type { Browser } from 'playwright-core';
import { launchBrowser } from '../test/e2e/browser.js';
import { bin, freePort, scratchFolder, startServer } from '../test/e2e/server-process.js';
import { architecture } from './architecture-picture.js';

const pictures = fileURLToPath(new URL('../../docs/pictures/', import.meta.url));
const redirectUri = 'https://claude.ai/api/mcp/auth_callback';
const day = 24 * 3600;

/** Makes the pictures of README and ARCHITECTURE.md anew: the approval page and `state inspect` from the real program. */
export async function bench(): Promise<void> {
  await writeFile(join(pictures, 'architecture.svg'), architecture());
  const scratch = await scratchFolder();
  const browser = await launchBrowser();
  try {
    await pictureApproval(browser, scratch.path);
    await pictureInspect(browser, scratch.path);
  } finally {
    await browser.close();
    await scratch.remove();
  }
  process.stdout.write(`written to ${pictures}\n`);
}

async function pictureApproval(browser: Browser, folder: string): Promise<void> {
  const args = ['--vault-path', join(folder, 'notes')];
  await mkdir(join(folder, 'notes'));
  const server = await startServer({ port: await freePort(), args, cwd: folder });
  try {
    const registered = await fetch(`${server.url}/register`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({
        client_name: 'Claude',
        redirect_uris: [redirectUri],
        token_endpoint_auth_method: 'none',
      }),
    });
    const { client_id } = (await registered.json()) as { client_id: string };
    const { code_challenge } = await pkceChallenge();
    const query = new URLSearchParams({
      response_type: 'code',
      client_id,
      redirect_uri: redirectUri,
      code_challenge,
      code_challenge_method: 'S256',
    });
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await browser.newPage({ viewport: { width: 480, height: 640 }, deviceScaleFactor: 1, colorScheme });
      await page.goto(`${server.url}/authorize?${query}`);
      await page.screenshot({ path: join(pictures, `approval-${colorScheme}.png`), fullPage: true });
      await page.close();
    }
  } finally {
    await server.stop('SIGTERM');
  }
}

async function pictureInspect(browser: Browser, folder: string): Promise<void> {
  const statePath = join(folder, 'state.json');
  await writeFile(statePath, JSON.stringify(sampleState(Math.floor(Date.now() / 1_000))), { mode: 0o600 });
  const { stdout } = await promisify(execFile)(process.execPath, [bin, 'state', 'inspect', '--state-path', statePath], {
    env: { PATH: process.env['PATH'], FORCE_COLOR: '1', COLUMNS: '110' },
  });
  const page = await browser.newPage({ viewport: { width: 1000, height: 200 }, deviceScaleFactor: 1 });
  await page.setContent(
    `<body style="margin:0;background:#16181d;color:#d8dbe2"><pre style="margin:0;padding:20px;font:14px/1.45 'DejaVu Sans Mono',monospace;width:max-content">$ vault-mcp state inspect\n${htmlOf(stdout.replaceAll(folder, '/var/lib/vault-mcp'))}</pre>`,
  );
  await page.locator('pre').screenshot({ path: join(pictures, 'inspect.png') });
  await page.close();
}

/** Shows what a terminal shows: bold, dim and the eight colours (ECMA-48, SGR). */
function htmlOf(text: string): string {
  const colours: Readonly<Record<string, string>> = {
    31: '#ff7b72',
    32: '#7ee787',
    33: '#e3b341',
    36: '#79c0ff',
    90: '#8b949e',
  };
  const escaped = text.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`);
  return escaped.replace(new RegExp(`${String.fromCharCode(27)}\\[(\\d+)m`, 'g'), (_, code: string) => {
    if (code === '1') return '<b>';
    if (code === '2') return '<span style="opacity:.6">';
    if (code === '22') return '</b></span>';
    return colours[code] === undefined ? '</span>' : `<span style="color:${colours[code]}">`;
  });
}

function sampleState(now: number): unknown {
  const people = [
    ['Claude', redirectUri, 40, 0.002, ['vault:read', 'vault:write']],
    ['ChatGPT', 'https://chatgpt.com/connector_platform_oauth_redirect', 12, 2, ['vault:read']],
    ['Claude Code (vault)', 'http://localhost:53122/callback', 3, 0.1, ['vault:read', 'vault:write']],
    ['Cursor', 'cursor://anysphere.cursor-mcp/oauth/callback', 80, 61, ['vault:read', 'vault:write']],
  ] as const;
  const hash = (text: string) => createHash('sha256').update(text).digest('hex');
  const id = (text: string) => hash(text).slice(0, 32);
  const secondsAgo = (days: number) => now - Math.round(days * day);
  const document = { version: 2, clients: {}, grants: {}, access_tokens: {}, refresh_tokens: {} };
  const put = (table: object, key: string, record: unknown) => Object.assign(table, { [key]: record });
  for (const [name, uri, approvedDays, usedDays, scopes] of people) {
    const client_id = id(name);
    const grant_id = id(`grant ${name}`);
    const used = secondsAgo(usedDays);
    const created = secondsAgo(approvedDays);
    put(document.clients, client_id, {
      client_id,
      client_name: name,
      redirect_uris: [uri],
      token_endpoint_auth_method: 'none',
      client_id_issued_at: created,
      approved_at: created,
      last_used_at: used,
    });
    const resource = 'https://vault.example.com/mcp';
    const grant = { client_id, scopes, resource, created_at: created, last_used_at: used, origin: 'approval' };
    put(document.grants, grant_id, grant);
    const token = { grant_id, scopes, created_at: used };
    put(document.access_tokens, hash(`access ${name}`), { ...token, expires_at: used + 14 * day });
    put(document.refresh_tokens, hash(`refresh ${name}`), { ...token, expires_at: used + 90 * day });
  }
  return document;
}
