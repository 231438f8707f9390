import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { withoutByteOrderMark } from '@seaworthy/internal'
import type { Meter } from '@seaworthy/contract'
import { check, optionNames } from '../check.ts'
import { scriptFolder } from './script-folder.ts'

/**
 * The labels of `app_build_info`.
 *
 * @example
 * const buildInfo: BuildInfo = { name: 'shop', version: '4.2.0', commit: process.env['GIT_COMMIT'] }
 * await app.register(observability, { metrics: { buildInfo } })
 */
export interface BuildInfo {
  /**
   * The name of the service.
   *
   * @defaultValue `npm_package_name` of the environment, else the name in the `package.json` of the script
   */
  name?: string | undefined
  /**
   * The version of the service.
   *
   * @defaultValue `npm_package_version` of the environment, else the version in the `package.json` of the script
   */
  version?: string | undefined
  /**
   * The commit from which the service was built.
   *
   * @defaultValue `GIT_COMMIT` of the environment
   */
  commit?: string | undefined
}

const names = optionNames<BuildInfo>({ name: true, version: true, commit: true })

/** @throws RangeError for an unknown name. */
export function checkBuildInfo(buildInfo: BuildInfo): BuildInfo {
  check.keys('metrics.buildInfo', buildInfo, names)
  return buildInfo
}

/** Name, version and commit of the service, from the options or the environment. */
export function buildOf(buildInfo: BuildInfo): { name: string; version: string; commit: string } {
  const { env } = process
  // A script of npm names the package that it belongs to; other ways to start a service do not.
  const found = env.npm_package_name === undefined ? packageOfScript() : {}
  return {
    name: buildInfo.name ?? env.npm_package_name ?? found.name ?? '',
    version: buildInfo.version ?? env.npm_package_version ?? found.version ?? '',
    commit: buildInfo.commit ?? env.GIT_COMMIT ?? ''
  }
}

/** The nearest `package.json` with a name: above the script, or above the working directory of a program that loads it. */
function packageOfScript(): { name?: string; version?: string } {
  let folder = scriptFolder()
  for (let parent = ''; parent !== folder; parent = folder, folder = dirname(folder)) {
    try {
      const { name, version } = JSON.parse(
        withoutByteOrderMark(readFileSync(join(folder, 'package.json'), 'utf8'))
      ) as Record<string, unknown>
      if (typeof name === 'string') return { name, ...(typeof version === 'string' ? { version } : {}) }
    } catch {
      // None here, or one that cannot be read.
    }
  }
  return {}
}

/** The gauge `app_build_info`. */
export function addBuildInfo(meter: Meter, buildInfo: BuildInfo): void {
  const { name, version, commit } = buildOf(buildInfo)
  meter
    .gauge({
      name: 'app_build_info',
      help: 'Name, version and commit of the service; always 1',
      labels: ['name', 'version', 'commit', 'node']
    })
    .with(name, version, commit, process.version)
    .set(1)
}
