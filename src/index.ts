export { VaultMcpError } from './errors.js';
export { type ListenOptions, listen, type RunningServer } from './http/listen.js';
export { createLog, type Log, type LogFields, type LogOptions, silentLog } from './log.js';
export type { ChangeSet, StateView } from './state/schema.js';
export { createMemoryStore } from './state/store/memory-store.js';
export { openCommandStore } from './state/store/open-command-store.js';
export { openServerStore } from './state/store/open-server-store.js';
export type { Committed, StateStore, StoreHealth, Transition, TransitionContext } from './state/store/store.js';
export { createVaultMcp, type VaultMcp, type VaultMcpOptions } from './vault-mcp.js';
