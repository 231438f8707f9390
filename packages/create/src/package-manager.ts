import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { usualVersions, type PackageManager } from '../../preset/src/init/package-managers.ts'

export type { PackageManager } from '../../preset/src/init/package-managers.ts'

export const managerNames: readonly PackageManager[] = ['npm', 'pnpm', 'yarn', 'bun']

const shell = process.platform === 'win32'

/** The package manager that runs this command, by its user agent: `pnpm/12.21.0 npm/? node/v24.21.0 linux x64`. */
function runningManager(): { name: string; version: string } | undefined {
  const [, name, version] = /^([a-z]+)\/(\d[\w.-]*)/.exec(process.env.npm_config_user_agent ?? '') ?? []
  return name === undefined || version === undefined ? undefined : { name, version }
}

/** The package manager for a service of which no argument names one. */
export const usualManager = (): PackageManager =>
  managerNames.find((name) => name === runningManager()?.name) ?? 'npm'

/** The version that is installed here, else a usual one. */
export function versionOf(manager: PackageManager): string {
  const running = runningManager()
  if (running?.name === manager) return running.version
  const { stdout } = spawnSync(manager, ['--version'], { encoding: 'utf8', shell })
  return /^\d+\.\d+\.\d+\S*/.exec(stdout ?? '')?.[0] ?? usualVersions[manager]
}

/** Installs the dependencies of a folder. Returns whether that succeeded. */
export async function install(manager: PackageManager, folder: string): Promise<boolean> {
  // npm's variables about the folder in which it was called must not become settings here.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^npm_(?:package|lifecycle|config_local_prefix)/.test(name)
    )
  )
  try {
    const child = spawn(manager, ['install'], { cwd: folder, env, shell, stdio: 'inherit' })
    const [code] = (await once(child, 'close')) as [number | null]
    return code === 0
  } catch {
    return false
  }
}
