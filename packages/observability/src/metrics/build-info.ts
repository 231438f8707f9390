import type { Meter } from '@seaworthy/contract'
import { check, optionNames } from '../check.ts'

/** The labels of `app_build_info`. */
export interface BuildInfo {
  /**
   * The name of the service.
   *
   * @defaultValue `npm_package_name` of the environment
   */
  name?: string | undefined
  /**
   * The version of the service.
   *
   * @defaultValue `npm_package_version` of the environment
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
  return {
    name: buildInfo.name ?? env.npm_package_name ?? '',
    version: buildInfo.version ?? env.npm_package_version ?? '',
    commit: buildInfo.commit ?? env.GIT_COMMIT ?? ''
  }
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
