import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AuthorizationServer, Peer } from '../../src/oauth/authorization-server.js';
import type { RevokeTarget } from '../../src/state/rules/revoke.js';
import { revoke } from '../../src/state/rules/revoke.js';
import {
  approve,
  ask,
  exchange,
  failsWith,
  getCode,
  issuer,
  peer,
  pin,
  register,
  serverUnderTest,
  type UnderTest,
} from './server-under-test.js';

const minute = 60;

function decide(server: AuthorizationServer, requestId: string, typed: string, from: Peer = peer) {
  return server.decide(requestId, { action: 'approve', pin: typed, readOnly: false }, from);
}
async function revokeNow({ store, clock }: UnderTest, target: RevokeTarget): Promise<void> {
  await store.update((draft) => revoke(draft, [target], clock.now));
}
async function clientOf(server: AuthorizationServer): Promise<string> {
  return (await register(server))['client_id'] ?? '';
}

test('five wrong PINs lock a request, and an address, for fifteen minutes; the right one does not help then', async () => {
  const { server, clock } = serverUnderTest();
  const clientId = await clientOf(server);
  const first = await ask(server, clientId);
  for (let left = 4; left >= 0; left -= 1) {
    const answer = await decide(server, first, 'wrong');
    assert.equal(answer.kind === 'wrong_pin' && answer.attemptsLeft, left);
  }
  const locked = await decide(server, first, pin);
  assert.equal(locked.kind === 'locked' && locked.retryAfterSeconds, 15 * minute);
  const elsewhere: Peer = { ...peer, address: '198.51.100.77' };
  assert.equal((await decide(server, first, pin, elsewhere)).kind, 'locked', 'the request is locked for everybody');
  const second = await ask(server, clientId);
  assert.equal((await decide(server, second, pin)).kind, 'locked', 'the address is locked for every request');
  assert.equal((await decide(server, second, pin, elsewhere)).kind, 'redirect');
  clock.now += 15 * minute;
  assert.equal((await decide(server, await ask(server, clientId), pin)).kind, 'redirect');
});

test('an IPv6 subscriber is one address, by /56', async () => {
  const { server } = serverUnderTest();
  const clientId = await clientOf(server);
  for (let index = 0; index < 5; index += 1) {
    const requestId = await ask(server, clientId);
    assert.equal(
      (await decide(server, requestId, 'x', { ...peer, address: `2001:db8:0:12${index}::1` })).kind,
      'wrong_pin',
    );
  }
  const requestId = await ask(server, clientId);
  assert.equal((await decide(server, requestId, pin, { ...peer, address: '2001:db8:0:1ff::1' })).kind, 'locked');
  assert.equal((await decide(server, requestId, pin, { ...peer, address: '2001:db8:0:200::1' })).kind, 'redirect');
});

test('a PIN that a person chose is limited over all addresses: 50 in 15 minutes, 200 a day under 12 characters', async () => {
  for (const [shortPin, perWindow, perDay, isMadePin] of [
    ['1234', 50, 200, false],
    ['1234567', 50, 200, false],
    ['12345678', 50, 200, false],
    ['elevenchars', 50, 200, false],
    ['twelve chars', 50, 260, false],
    ['abcd-efgh-jkmn-pqrs', 260, 260, true],
  ] as const) {
    const underTest = serverUnderTest({ pin: shortPin, isMadePin });
    const { server, clock } = underTest;
    const clientId = await clientOf(server);
    let total = 0;
    let inWindow = 0;
    for (let index = 0; index < 260; index += 1) {
      const answer = await decide(server, await ask(server, clientId), 'x', { ...peer, address: `198.51.${index}.1` });
      if (answer.kind === 'wrong_pin') {
        total += 1;
        inWindow += 1;
        continue;
      }
      assert.equal(answer.kind === 'locked' && inWindow <= perWindow, true);
      if (total >= perDay) break;
      assert.equal(inWindow, perWindow);
      inWindow = 0;
      clock.now += 15 * minute;
    }
    assert.ok(total <= perDay && total >= perDay - 5, `${shortPin}: ${total}`);
    assert.equal(
      underTest.lines.some((line) => line.includes('fewer than 8')),
      shortPin.length < 8,
    );
  }
});

test('a browser that approved before has its own count, also after a restart, and only a real one', async () => {
  const underTest = serverUnderTest({ pin: 'short' });
  const clientId = await clientOf(underTest.server);
  const answer = await decide(underTest.server, await ask(underTest.server, clientId), 'short');
  const browser = answer.kind === 'redirect' ? answer.browser : undefined;
  assert.match(browser ?? '', /^[0-9a-f]{64}$/);
  underTest.restart();
  const { server } = underTest;
  for (let index = 0; index < 50; index += 1) {
    await decide(server, await ask(server, clientId), 'x', { ...peer, address: `198.51.${index}.1` });
  }
  const requestId = await ask(server, clientId);
  for (const stranger of [peer, { ...peer, browser: 'a'.repeat(64) }, { ...peer, browser: '' }]) {
    assert.equal((await decide(server, requestId, 'short', stranger)).kind, 'locked');
  }
  const owner = { ...peer, browser: browser ?? '' };
  assert.equal((await decide(server, requestId, 'x', owner)).kind, 'wrong_pin');
  const again = await decide(server, requestId, 'short', owner);
  assert.equal(again.kind === 'redirect' && again.browser, browser, 'the cookie stays the same');
});

test('PINs of every length and script are compared whole', async () => {
  for (const odd of ['p', 'pässwörd-\u{1f511}-密码', 'x'.repeat(5_000), 'two words', '"quoted"', 'With-Case 1']) {
    const { server } = serverUnderTest({ pin: odd });
    const clientId = await clientOf(server);
    const requestId = await ask(server, clientId);
    assert.equal((await decide(server, requestId, '')).kind, 'wrong_pin');
    assert.equal((await decide(server, requestId, odd.slice(0, -1))).kind, 'wrong_pin');
    assert.equal((await decide(server, requestId, `${odd}x`)).kind, 'wrong_pin');
    assert.equal((await decide(server, requestId, odd)).kind, 'redirect');
    const swapped = odd === odd.toUpperCase() ? odd.toLowerCase() : odd.toUpperCase();
    if (swapped !== odd) assert.equal((await decide(server, requestId, swapped)).kind, 'wrong_pin', swapped);
  }
});

test('blanks around a PIN are never meant; a generated one is typed with any case, spaces and dashes', async () => {
  const right: [pin: string, isMadePin: boolean, typed: string[]][] = [
    ['correct horse', false, [' correct horse', 'correct horse\n', '\u00a0correct horse\ufeff\r\n']],
    [' correct horse\r', false, ['correct horse']],
    ['caf\u00e9', false, ['cafe\u0301']],
    ['abcd-2345-efgh-6789', true, ['ABCD-2345-EFGH-6789', 'abcd2345efgh6789', ' Abcd 2345 \u2013 efgh\u20116789 ']],
  ];
  const wrong: [pin: string, isMadePin: boolean, typed: string[]][] = [
    ['correct horse', false, ['Correct horse', 'correcthorse', 'correct-horse', '']],
    ['abcd-2345-efgh-6789', true, ['abcd-2345-efgh-678', 'abcd_2345_efgh_6789', '', '----']],
  ];
  for (const [isRight, cases] of [
    [true, right],
    [false, wrong],
  ] as const) {
    for (const [chosen, isMadePin, typed] of cases) {
      for (const text of typed) {
        const { server } = serverUnderTest({ pin: chosen, isMadePin });
        const answer = await decide(server, await ask(server, await clientOf(server)), text);
        assert.equal(answer.kind, isRight ? 'redirect' : 'wrong_pin', JSON.stringify([chosen, text]));
      }
    }
  }
});

test('a lock is told before a PIN is typed, also for a new request of the address, and not to others', async () => {
  const { server, clock } = serverUnderTest();
  const clientId = await clientOf(server);
  const requestId = await ask(server, clientId);
  for (let index = 0; index < 5; index += 1) await decide(server, requestId, 'wrong');
  clock.now += 5 * minute;
  const elsewhere: Peer = { ...peer, address: '198.51.100.77' };
  const lockedSeconds = (id: string, from: Peer) => {
    const shown = server.approval(id, from);
    return shown.kind === 'pending' ? shown.lockedSeconds : shown.kind;
  };
  assert.equal(lockedSeconds(requestId, peer), 10 * minute);
  const next = await ask(server, clientId);
  assert.equal(lockedSeconds(next, peer), 10 * minute);
  assert.equal(lockedSeconds(next, elsewhere), undefined);
});

test("strangers cannot use up what the owner's browser and the server's own machine have left", async () => {
  const { server, lines } = serverUnderTest();
  const clientId = await clientOf(server);
  const answer = await decide(server, await ask(server, clientId), pin);
  const browser = (answer.kind === 'redirect' && answer.browser) || '';
  for (let index = 0; index < 60; index += 1) {
    await decide(server, await ask(server, clientId), 'x', { ...peer, address: `198.51.${index}.1` });
  }
  const stranger: Peer = { ...peer, address: '192.0.2.1' };
  assert.equal((await decide(server, await ask(server, clientId), pin, stranger)).kind, 'locked');
  assert.ok(lines.some((line) => line.startsWith('warn: refused a PIN unseen')));
  assert.equal((await decide(server, await ask(server, clientId), pin, { ...stranger, browser })).kind, 'redirect');
  const onConsole: Peer = { ...peer, address: '127.0.0.1', isConsole: true };
  assert.equal((await decide(server, await ask(server, clientId), 'x', onConsole)).kind, 'wrong_pin');
  assert.equal((await decide(server, await ask(server, clientId), pin, onConsole)).kind, 'redirect');
  for (let index = 0; index < 4; index += 1) await decide(server, await ask(server, clientId), 'x', onConsole);
  assert.equal((await decide(server, await ask(server, clientId), pin, onConsole)).kind, 'locked');
});

test('a repeated or concurrent approval repeats its redirect, but only for who knows the PIN', async () => {
  const { server, clock } = serverUnderTest();
  const requestId = await ask(server, await clientOf(server));
  const answers = await Promise.all([decide(server, requestId, pin), decide(server, requestId, pin)]);
  const locations = answers.map((answer) => (answer.kind === 'redirect' ? answer.location : ''));
  assert.equal(locations[0], locations[1]);
  const third = await decide(server, requestId, pin);
  assert.equal(third.kind === 'redirect' && third.location, locations[0]);
  assert.deepEqual(server.approval(requestId, peer), { kind: 'done' });
  assert.equal((await decide(server, requestId, 'guess')).kind, 'wrong_pin');
  assert.equal((await server.decide(requestId, { action: 'deny', pin: '', readOnly: false }, peer)).kind, 'gone');
  clock.now += 5 * minute;
  assert.equal((await decide(server, requestId, pin)).kind, 'gone');
});

test('a denial needs no PIN and tells the client; an approval after it changes nothing', async () => {
  const { server, store } = serverUnderTest();
  const clientId = await clientOf(server);
  const requestId = await ask(server, clientId);
  const deny = () => server.decide(requestId, { action: 'deny', pin: '', readOnly: false }, peer);
  const answer = await deny();
  assert.equal(answer.kind, 'redirect');
  const location = new URL(answer.kind === 'redirect' ? answer.location : '');
  assert.equal(location.searchParams.get('error'), 'access_denied');
  assert.equal(location.searchParams.get('state'), 'st&te');
  assert.equal(location.searchParams.get('iss'), issuer);
  assert.deepEqual(await deny(), answer);
  assert.deepEqual(await decide(server, requestId, pin), answer);
  assert.equal(store.view().clients.get(clientId)?.approved_at, undefined);
});

test('an unknown or expired request is gone, and so are all after a restart', async () => {
  const underTest = serverUnderTest();
  const clientId = await clientOf(underTest.server);
  const requestId = await ask(underTest.server, clientId);
  assert.deepEqual(underTest.server.approval('x', peer), { kind: 'gone' });
  assert.deepEqual(await decide(underTest.server, '__proto__', pin), { kind: 'gone' });
  underTest.restart();
  assert.deepEqual(underTest.server.approval(requestId, peer), { kind: 'gone' });
  assert.deepEqual(await decide(underTest.server, requestId, pin), { kind: 'gone' });
});

test('the person can leave writing out; the client is told, and knows not to ask again', async () => {
  const { server } = serverUnderTest();
  const clientId = await clientOf(server);
  for (const [scope, granted] of [
    ['vault:read vault:write', 'vault:read'],
    ['vault:read vault:write offline_access', 'vault:read offline_access'],
    ['vault:write', 'vault:read'],
    ['vault:read', 'vault:read'],
  ]) {
    const location = await approve(server, await ask(server, clientId, { scope }), true);
    const tokens = await exchange(server, clientId, location.searchParams.get('code') ?? '');
    assert.equal(tokens.scope, granted);
    const caller = server.authenticate(tokens.access_token);
    assert.equal(caller?.canAskForMore, scope === 'vault:read');
  }
});

test('the page shows when a client was last approved, and its name without tricks', async () => {
  const { server, clock } = serverUnderTest();
  const client = await register(server, {
    client_name: `<b>\u202eevil\u0000\n${'x'.repeat(100)}`,
    redirect_uris: ['http://127.0.0.1/cb'],
  });
  const clientId = client['client_id'] ?? '';
  const asked = { redirect_uri: 'http://127.0.0.1:4000/cb' };
  await approve(server, await ask(server, clientId, asked));
  const shown = server.approval(await ask(server, clientId, asked), peer);
  assert.ok(shown.kind === 'pending');
  assert.equal(shown.lastApprovedAt, clock.now);
  assert.match(shown.clientName ?? '', /^<b> evil x+…$/);
  assert.equal([...(shown.clientName ?? '')].length, 60);
  assert.equal(shown.redirectHost, '127.0.0.1:4000');
  assert.equal(shown.redirectsToLoopback, true);
  assert.equal(shown.clientHost, undefined);
});

test('a revocation voids what was pending: requests, and codes not yet exchanged', async () => {
  const targets: ((clientId: string) => RevokeTarget)[] = [
    (id) => ({ kind: 'client', id, forget: false }),
    (id) => ({ kind: 'client', id, forget: true }),
    () => ({ kind: 'all' }),
  ];
  for (const target of targets) {
    const underTest = serverUnderTest();
    const { server } = underTest;
    const clientId = await clientOf(server);
    const requestId = await ask(server, clientId);
    const code = await getCode(server, clientId);
    await revokeNow(underTest, target(clientId));
    assert.equal((await decide(server, requestId, pin)).kind, 'gone');
    assert.deepEqual(server.approval(requestId, peer), { kind: 'gone' });
    const forgotten = !underTest.store.view().clients.has(clientId);
    await assert.rejects(exchange(server, clientId, code), failsWith(forgotten ? 'invalid_client' : 'invalid_grant'));
    assert.equal(underTest.store.view().grants.size, 0);
    if (forgotten) continue;
    const tokens = await exchange(server, clientId, await getCode(server, clientId));
    assert.ok(server.authenticate(tokens.access_token), 'a new approval, even within the same second, counts');
  }
});

test('a second revocation in the same second, or after the clock was set back, voids what came between', async () => {
  const all: RevokeTarget = { kind: 'all' };
  for (const secondsBack of [0, 3_600]) {
    for (const first of ['client', 'all'] as const) {
      for (const second of ['client', 'all'] as const) {
        const underTest = serverUnderTest();
        const { server, clock } = underTest;
        const clientId = await clientOf(server);
        const one: RevokeTarget = { kind: 'client', id: clientId, forget: false };
        await revokeNow(underTest, first === 'all' ? all : one);
        clock.now -= secondsBack;
        const requestId = await ask(server, clientId);
        const code = await getCode(server, clientId);
        await revokeNow(underTest, second === 'all' ? all : one);
        const what = `${first}, then ${second}, ${secondsBack} s back`;
        assert.equal((await decide(server, requestId, pin)).kind, 'gone', what);
        await assert.rejects(exchange(server, clientId, code), failsWith('invalid_grant'), what);
      }
    }
  }
});

test('a client name has no quotation marks of its own, nothing that looks blank, and no heap of marks', async () => {
  const { server } = serverUnderTest();
  for (const [given, shown] of [
    ['Claude” on claude.ai. It is “safe', 'Claude on claude.ai. It is safe'],
    ['"Claude" „x“ «y» 「z」 \u301dq\u301e \uff02w\uff02', 'Claude x y 「z」 q w'],
    ["Bob's and Ann\u2019s app", "Bob's and Ann's app"],
    ['\u2018Claude\u2019', 'Claude'],
    ['\u3164\u2800\u115f\u1160\uffa0', undefined],
    ['Claude\u3164\u3164\u3164never approved', 'Claude never approved'],
    [`Z${'\u0335'.repeat(40)}algo`, 'Z\u0335\u0335algo'],
    [
      'Ti\u1ebfng Vi\u1ec7t \u0e17\u0e35\u0e48 \u05e9\u05b8\u05c1',
      'Ti\u1ebfng Vi\u1ec7t \u0e17\u0e35\u0e48 \u05e9\u05b8\u05c1',
    ],
  ] as const) {
    const { client_id: clientId = '' } = await register(server, { client_name: given });
    const pending = server.approval(await ask(server, clientId), peer);
    assert.equal(pending.kind === 'pending' && pending.clientName, shown, JSON.stringify(given));
  }
});
