import { access } from 'node:fs/promises';
import { relative } from 'node:path';
import { type Check, findingsOf } from './doctor-check.js';
import { isUser } from './doctor-user.js';
import { readServeSettings, type ServeSettings } from './serve-settings.js';
import { boundAt, readUnit, type ServiceUnit, writableFolders } from './unit-file.js';

/** Where `init --units` and docs/running.md put it. */
const installedUnit = '/etc/systemd/system/vault-mcp.service';
const finding = findingsOf('unit');

/** Checks that the service of a unit may do what the settings, which are its own, ask for. */
export async function checkUnit(unit: ServiceUnit, settings: ServeSettings): Promise<Check> {
  const faults = [...unknownUser(unit), ...(await absent(unit)), ...closed(unit, settings), ...otherPort(unit)];
  if (faults.length === 0) return finding.ok(`${unit.path} fits its settings`);
  return finding.failed(
    `${unit.path}: ${faults.join('; ')}`,
    `correct ${unit.path}, or a file in ${unit.path}.d, then: systemctl daemon-reload`,
  );
}

/** Without --unit: whether an installed unit is for the same server, and then whether it fits. */
export async function checkInstalledUnit(settings: ServeSettings, path: string = installedUnit): Promise<Check> {
  const isInstalled = await isThere(path);
  if (!isInstalled) return finding.skipped('no unit is installed; name one with --unit');
  try {
    const unit = await readUnit(path);
    const own = readServeSettings(unit.typed, unit.environment, unit.folder);
    const { vaultPath, statePath } = own.options;
    if (vaultPath === settings.options.vaultPath && statePath === settings.options.statePath) {
      return await checkUnit(unit, settings);
    }
    const served = `${vaultPath} with its state in ${statePath ?? 'memory'}`;
    return finding.skipped(`${path} serves ${served}, not this: --unit checks that server`);
  } catch (error) {
    return finding.skipped((error as Error).message);
  }
}

function unknownUser({ user, words }: ServiceUnit): string[] {
  return user === undefined || isUser(user) || /^(?:yes|true|1|on)$/i.test(words('DynamicUser').at(-1) ?? '')
    ? []
    : [`User= names ${user}, who does not exist`];
}

async function absent({ needed }: ServiceUnit): Promise<string[]> {
  const faults = await Promise.all(
    needed.map(async ({ path, line }) =>
      (await isThere(path)) ? [] : [`${line} names ${path}, which does not exist`],
    ),
  );
  return faults.flat();
}

/** What the sandbox of the unit keeps from the server. */
function closed(unit: ServiceUnit, { options, auditFile }: ServeSettings): string[] {
  const { vaultPath, statePath, cataloguePath, readOnly } = options;
  const folders = writableFolders(unit);
  const last = (directive: string) => unit.words(directive).at(-1)?.toLowerCase() ?? 'no';
  const isStrict = last('ProtectSystem') === 'strict';
  const home = last('ProtectHome');
  const bound = [...unit.words('BindPaths'), ...unit.words('BindReadOnlyPaths')].map(boundAt);
  const check = (what: string, path: string | undefined, mustWrite: boolean): string[] => {
    if (path === undefined) return [];
    const isHome = /^\/(?:home|root|run\/user)(?:\/|$)/.test(path);
    if (isHome && /^(?:yes|true|1|on|tmpfs)$/.test(home) && !isBelow(path, bound)) {
      return [`${what} ${path} is hidden from the service by ProtectHome=${home}`];
    }
    const isClosed = isStrict || (isHome && home === 'read-only');
    if (!mustWrite || !isClosed || isBelow(path, folders)) return [];
    return [`${what} ${path} cannot be written: ReadWritePaths=, BindPaths= and StateDirectory= do not have it`];
  };
  return [
    ...check('the vault', vaultPath, readOnly !== true),
    ...check('the state file', statePath, true),
    ...check('the catalogue', cataloguePath, true),
    ...check('the audit file', auditFile, true),
  ];
}

/** The socket unit says where it listens, whatever the settings say. */
function otherPort({ socketPort, typed, environment }: ServiceUnit): string[] {
  const asked = typed.port ?? environment['SERVER_PORT'];
  if (socketPort === undefined || asked === undefined || asked === socketPort) return [];
  return [`its socket listens on ${socketPort}, so --port or SERVER_PORT ${asked} has no effect`];
}

function isBelow(path: string, folders: readonly string[]): boolean {
  return folders.some((folder) => !/^\.\.(?:\/|$)/.test(relative(folder, path)));
}

async function isThere(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
