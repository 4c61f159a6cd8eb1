import assert from 'node:assert/strict';

/** Does what the person does in the browser: opens the authorization URL, enters the PIN, follows the redirect back. */
export async function approve(
  authorizationUrl: URL,
  pin: string,
  choice: { action?: 'approve' | 'deny'; readOnly?: boolean; send?: typeof fetch } = {},
): Promise<URL> {
  const send = choice.send ?? fetch;
  const asked = await send(authorizationUrl, { redirect: 'manual' });
  assert.equal(asked.status, 302, await asked.text());
  const page = new URL(asked.headers.get('location') ?? '', authorizationUrl);
  assert.match(page.pathname, /\/oauth\/approve$/);
  const shown = await send(page);
  assert.equal(shown.status, 200);
  await shown.text();
  const answer = await send(new URL('approve', page), {
    method: 'POST',
    redirect: 'manual',
    body: new URLSearchParams({
      request_id: page.searchParams.get('request_id') ?? '',
      pin,
      action: choice.action ?? 'approve',
      ...(choice.readOnly === true ? { read_only: 'on' } : {}),
    }),
  });
  assert.equal(answer.status, 302, await answer.text());
  return new URL(answer.headers.get('location') ?? '');
}
