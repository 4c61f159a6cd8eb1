import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { silentLog } from '../../src/log.js';
import { createMcpEndpoint } from '../../src/mcp/create-mcp-endpoint.js';
import { fakeNotes } from './fakes.js';
import { connectLegacy, connectModern, serveMcp } from './serve.js';

function endpointOf(notes: Record<string, string>) {
  return createMcpEndpoint({ notes: fakeNotes(notes), log: silentLog, version: '1' });
}

for (const [era, connect] of [
  ['legacy', connectLegacy],
  ['modern', connectModern],
] as const) {
  describe(`resources for a ${era} client`, () => {
    test('every listed URI can be read, whatever the name', async (t) => {
      const notes = { 'a b/¿qué? #1%.md': '# Odd', 'emoji 🎉.md': '# Party', 'plain.md': '# Plain' };
      const client = await connect(t, await serveMcp(t, endpointOf(notes)));
      const { resources } = await client.listResources();
      assert.deepEqual(resources.map(({ name }) => name).sort(), Object.keys(notes).sort());
      for (const { uri, name } of resources) {
        const { contents } = await client.readResource({ uri });
        const [content] = contents;
        assert.deepEqual(content, { uri, mimeType: 'text/markdown', text: notes[name as keyof typeof notes] });
      }
    });

    test('lists page by page', async (t) => {
      const names = Array.from({ length: 450 }, (_, index) => `${index}.md`);
      const endpoint = endpointOf(Object.fromEntries(names.map((name) => [name, '# x'])));
      const client = await connect(t, await serveMcp(t, endpoint));
      const seen: string[] = [];
      // The newer client joins the pages itself when it is not given a cursor.
      for (let cursor: string | undefined = 'after:', pages = 0; cursor !== undefined && pages < 5; pages++) {
        const page: Awaited<ReturnType<typeof client.listResources>> = await client.listResources({ cursor });
        assert.ok(page.resources.length <= 200);
        seen.push(...page.resources.map(({ name }) => name));
        cursor = page.nextCursor;
      }
      assert.deepEqual(seen, names.toSorted());
    });

    test('has a template and completes its path', async (t) => {
      const notes = { 'projects/café.md': '', 'projects/plan.md': '', 'old projects.md': '' };
      const client = await connect(t, await serveMcp(t, endpointOf(notes)));
      const { resourceTemplates } = await client.listResourceTemplates();
      const uri = resourceTemplates[0]?.uriTemplate ?? '';
      assert.equal(uri, 'vault:///{+path}');
      const complete = async (value: string) => {
        const ref = { type: 'ref/resource', uri } as const;
        return (await client.complete({ ref, argument: { name: 'path', value } })).completion.values;
      };
      assert.deepEqual(await complete('projects/'), ['projects/café.md', 'projects/plan.md']);
      assert.deepEqual(await complete('nowhere'), []);
      const ref = { type: 'ref/resource', uri: 'other:///{x}' } as const;
      await assert.rejects(client.complete({ ref, argument: { name: 'path', value: '' } }), /Only the argument "path"/);
    });

    test('refuses what is no note of the vault', async (t) => {
      const client = await connect(t, await serveMcp(t, endpointOf({ 'a.md': '' })));
      await assert.rejects(client.readResource({ uri: 'vault:///none.md' }), /No note none\.md/);
      await assert.rejects(client.readResource({ uri: 'file:///etc/passwd' }), /not found/i);
      await assert.rejects(client.readResource({ uri: 'vault:///%E0%A4%A' }), /percent-encoding/);
      await assert.rejects(client.readResource({ uri: 'vault:///..%2Fsecret.md' }), /leads out of the vault/);
      await assert.rejects(client.listResources({ cursor: 'bogus' }), /cursor/);
    });

    test('tells a caller without vault:read what is missing', async (t) => {
      const url = await serveMcp(t, endpointOf({ 'a.md': '' }), {
        clientId: 'c',
        grantId: 'g',
        scopes: ['offline_access'],
      });
      const client = await connect(t, url);
      await assert.rejects(client.listResources(), /vault:read/);
      await assert.rejects(client.readResource({ uri: 'vault:///a.md' }), /vault:read/);
    });
  });
}
