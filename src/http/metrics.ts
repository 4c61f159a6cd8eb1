import { type RequestHandler, Router } from 'express';
import type { AuditEvent } from '../audit.js';
import type { ToolCall } from '../mcp/endpoint.js';
import type { Notes } from '../notes/notes.js';
import { hasLiveToken, isUnexpired } from '../state/rules/prune.js';
import type { StateView } from '../state/schema.js';
import type { StateStore } from '../state/store/store.js';
import { version } from '../version.js';
import { methodNotAllowed } from './methods.js';
import { isConsole } from './peer.js';
import type { AnsweredRequest } from './request-log.js';

export interface MetricsOptions {
  store: Pick<StateStore, 'view' | 'health' | 'counters'>;
  notes: Pick<Notes, 'status'>;
  /** True serves `/metrics` to everybody who reaches the server, not to this machine alone. */
  public: boolean;
  /** Seconds since the epoch; defaults to the clock. */
  now?: () => number;
}

export interface Metrics {
  readonly public: boolean;
  readonly contentType: string;
  observe(answered: AnsweredRequest): void;
  observeToolCall(call: Pick<ToolCall, 'tool' | 'outcome'>): void;
  observeAudit(event: AuditEvent): void;
  /** The figures of this moment in Prometheus' text format. */
  text(): Promise<string>;
}

/** Loads prom-client and returns the server's metrics; without this call nothing of it costs anything. */
export async function createMetrics(options: MetricsOptions): Promise<Metrics> {
  const { store, notes } = options;
  const now = options.now ?? (() => Math.floor(Date.now() / 1_000));
  const { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } = (await import('prom-client')).default;
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  // Gauges that are named like counters: promtool refuses them.
  for (const name of ['active_resources', 'active_handles', 'active_requests']) {
    registry.removeSingleMetric(`nodejs_${name}_total`);
  }
  new Gauge({
    name: 'vault_mcp_build_info',
    help: '1, with the versions of vault-mcp and Node',
    labelNames: ['version', 'node'],
    registers: [registry],
  }).set({ version, node: process.versions.node }, 1);
  const toolCalls = new Counter({
    name: 'vault_mcp_tool_calls_total',
    help: 'Tool calls by name and by what came of them',
    labelNames: ['tool', 'outcome'],
    registers: [registry],
  });
  const wrongPins = new Counter({
    name: 'vault_mcp_wrong_pins_total',
    help: 'Wrong PINs on the approval page',
    registers: [registry],
  });
  const refused = new Counter({
    name: 'vault_mcp_refused_credentials_total',
    help: 'Refused credentials by kind',
    labelNames: ['credential'],
    registers: [registry],
  });
  const revoked = new Counter({
    name: 'vault_mcp_revoked_logins_total',
    help: 'Logins that another process, such as a command, ended',
    registers: [registry],
  });
  const requests = new Histogram({
    name: 'vault_mcp_http_request_duration_seconds',
    help: 'Answered requests by route, method and status',
    labelNames: ['route', 'method', 'status'],
    buckets: [0.001, 0.005, 0.025, 0.1, 0.5, 2, 10],
    registers: [registry],
  });
  const gauge = (name: string, help: string, read: () => number) => {
    const registered: InstanceType<typeof Gauge> = new Gauge({
      name,
      help,
      registers: [registry],
      collect: () => registered.set(read()),
    });
  };
  const counter = (name: string, help: string, read: () => number) => {
    const collect = () => {
      registered.reset();
      registered.inc(read());
    };
    const registered = new Counter({ name, help, registers: [registry], collect });
  };
  const records = new Gauge({
    name: 'vault_mcp_records',
    help: 'Clients, grants and tokens by state',
    labelNames: ['kind', 'state'],
    registers: [registry],
    collect: () => {
      for (const [kind, states] of Object.entries(countRecords(store.view(), now()))) {
        for (const [state, count] of Object.entries(states)) records.set({ kind, state }, count);
      }
    },
  });
  counter('vault_mcp_state_saves_total', 'Saves of the state since start', () => store.counters().saves);
  counter('vault_mcp_state_save_failures_total', 'Failed saves since start', () => store.counters().failedSaves);
  gauge('vault_mcp_state_last_save_timestamp_seconds', 'When the state was saved last, 0 for not yet', () => {
    return store.counters().lastSavedAt ?? 0;
  });
  gauge('vault_mcp_state_degraded', '1 while the state cannot be saved', () => Number(store.health().degraded));
  gauge('vault_mcp_index_ready', '1 once the first pass is done', () => Number(notes.status().ready));
  gauge('vault_mcp_index_notes', 'Notes that a search sees', () => notes.status().indexed);
  gauge('vault_mcp_index_chunks', 'Passages in the index', () => notes.status().chunks);
  return {
    public: options.public,
    contentType: registry.contentType,
    observe: ({ route, method, status, seconds }) =>
      requests.observe({ route, method: knownMethod(method), status: String(status) }, seconds),
    observeToolCall: ({ tool, outcome }) => toolCalls.inc({ tool, outcome }),
    observeAudit: ({ event, credential }) => {
      if (event === 'revoked') revoked.inc();
      if (event !== 'refused' || credential === undefined) return;
      if (credential === 'pin') wrongPins.inc();
      refused.inc({ credential });
    },
    text: () => registry.metrics(),
  };
}

/** Serves `/metrics`; to others than this machine it does not exist, unless it is public. */
export function metricsRoute(metrics: Metrics): Router {
  const localOnly: RequestHandler = (request, _response, next) => {
    next(metrics.public || isConsole(request) ? undefined : 'router');
  };
  const router = Router();
  router
    .route('/metrics')
    .all(localOnly)
    .get(async (_request, response) => {
      const text = await metrics.text();
      response.set('Content-Type', metrics.contentType).send(text);
    })
    .all(methodNotAllowed('GET', 'HEAD'));
  return router;
}

function countRecords(view: StateView, now: number): Record<string, Record<string, number>> {
  const clients = { approved: 0, never_approved: 0 };
  for (const [, client] of view.clients.entries()) {
    clients[client.approved_at === undefined ? 'never_approved' : 'approved'] += 1;
  }
  const grants = { live: 0, dead: 0 };
  for (const [id] of view.grants.entries()) grants[hasLiveToken(view, id, now) ? 'live' : 'dead'] += 1;
  const accessTokens = { live: 0, expired: 0 };
  for (const [, token] of view.access_tokens.entries()) accessTokens[isUnexpired(token, now) ? 'live' : 'expired'] += 1;
  const refreshTokens = { live: 0, spent: 0, expired: 0 };
  for (const [, token] of view.refresh_tokens.entries()) {
    refreshTokens[!isUnexpired(token, now) ? 'expired' : token.rotated_at === undefined ? 'live' : 'spent'] += 1;
  }
  return { client: clients, grant: grants, access_token: accessTokens, refresh_token: refreshTokens };
}

const knownMethods = new Set(['GET', 'HEAD', 'POST', 'DELETE', 'OPTIONS', 'PUT', 'PATCH']);

/** Every label value is a permanent time series, so strangers may not add new ones. */
function knownMethod(method: string): string {
  return knownMethods.has(method) ? method : 'other';
}
