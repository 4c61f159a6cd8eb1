import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { sha256Hex } from '../../src/hash.js';
import { runs } from '../full.js';
import { createFaultyStore, type FaultyStore } from './faulty-store.js';
import { failsWith, logIn, refresh, serverUnderTest, type UnderTest } from './server-under-test.js';

const hour = 3_600;
const grace = 24 * hour;

/** What happens to the programs of one honest person, who share a login and each remember some token of it. */
type Step =
  | { kind: 'refresh'; process: number; answerLost: boolean }
  | { kind: 'read'; process: number }
  | { kind: 'wait'; seconds: number }
  | { kind: 'restart' }
  | { kind: 'crash' }
  | { kind: 'disk'; fails: boolean };

const processes = fc.integer({ min: 0, max: 3 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('refresh' as const), process: processes, answerLost: fc.boolean() }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('read' as const), process: processes }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('wait' as const), seconds: fc.integer({ min: 1, max: 3 * hour }) }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'restart' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'crash' as const }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('disk' as const), fails: fc.boolean() }) },
);

function liveTokens(underTest: UnderTest): number {
  const view = underTest.store.view();
  return [...view.refresh_tokens.entries()].filter(([, token]) => token.rotated_at === undefined).length;
}

async function start(): Promise<{ underTest: UnderTest; store: FaultyStore; clientId: string; first: string }> {
  const clock = { now: 1_800_000_000 };
  const store = createFaultyStore(() => clock.now);
  const now = () => clock.now;
  const underTest = serverUnderTest({ store, now, uptime: now });
  underTest.clock = clock;
  const { clientId, tokens } = await logIn(underTest.server);
  return { underTest, store, clientId, first: tokens.refresh_token ?? '' };
}

test('an honest person is never logged out and nothing forks: lost answers, late processes, restarts, crashes, disk faults', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
      const { underTest, store, clientId, first } = await start();
      let stored = first;
      const held = [first, first, first, first];
      let hoursLeft = 23;
      for (const one of steps) {
        switch (one.kind) {
          case 'read':
            held[one.process] = stored;
            break;
          case 'wait':
            // A process that remembers a token for longer than the grace is the business of another test.
            if (hoursLeft * hour < one.seconds) break;
            hoursLeft -= one.seconds / hour;
            underTest.clock.now += one.seconds;
            break;
          case 'restart':
            underTest.restart();
            break;
          case 'crash':
            store.crash();
            underTest.restart();
            break;
          case 'disk':
            store.setFailing(one.fails);
            break;
          case 'refresh': {
            const answer = await refresh(underTest.server, clientId, held[one.process]);
            assert.ok(underTest.server.authenticate(answer.access_token));
            if (one.answerLost) break;
            held[one.process] = answer.refresh_token ?? '';
            stored = answer.refresh_token ?? '';
            break;
          }
        }
        assert.equal(liveTokens(underTest), 1, 'one live refresh token per grant');
      }
      store.setFailing(false);
      for (const token of [...held, stored]) await refresh(underTest.server, clientId, token);
    }),
    runs(60, 1_000),
  );
});

test('whoever replays a token after the grace ends the grant, however long the chain and whatever restarts came between', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 2, max: 12 }),
      fc.integer({ min: 0, max: 11 }),
      fc.boolean(),
      fc.integer({ min: 1, max: 20 * 24 * hour }),
      async (rotations, position, restarts, late) => {
        const { underTest, store, clientId, first } = await start();
        const chain = [first];
        for (let index = 0; index < rotations; index += 1) {
          const answer = await refresh(underTest.server, clientId, chain.at(-1));
          chain.push(answer.refresh_token ?? '');
        }
        // Its successor was used: that excludes the last two of the chain.
        const stolen = chain[position % (rotations - 1)] ?? '';
        if (restarts) {
          store.crash();
          underTest.restart();
        }
        underTest.clock.now += grace + late;
        if (restarts) {
          underTest.restart();
          const answer = await refresh(underTest.server, clientId, stolen);
          assert.equal(answer.refresh_token, chain.at(-1), 'the grace counts from the start of the server, too');
          underTest.clock.now += grace + late;
        }
        await assert.rejects(refresh(underTest.server, clientId, stolen), failsWith('invalid_grant'));
        store.crash();
        underTest.restart();
        for (const token of chain) {
          await assert.rejects(refresh(underTest.server, clientId, token), failsWith('invalid_grant'));
        }
        assert.equal(underTest.store.view().grants.size, 0);
      },
    ),
    runs(30, 500),
  );
});

test('while the successor is unused, a token is honoured as long as it has not expired', async () => {
  const { underTest, clientId, first } = await start();
  const lost = await refresh(underTest.server, clientId, first);
  underTest.clock.now += 80 * 24 * hour;
  const answer = await refresh(underTest.server, clientId, first);
  assert.equal(answer.refresh_token, lost.refresh_token);
  assert.ok(underTest.store.view().refresh_tokens.has(sha256Hex(first)));
  underTest.clock.now += 11 * 24 * hour;
  await assert.rejects(refresh(underTest.server, clientId, first), failsWith('invalid_grant'));
  await assert.rejects(refresh(underTest.server, clientId, lost.refresh_token), failsWith('invalid_grant'));
});
