import { readFileSync } from 'node:fs'

interface Manifest {
  version: string
  devDependencies?: Record<string, string>
  seaworthy: { templateDependencies: readonly string[]; templateVersions?: Record<string, string> }
}

const manifest = (): Manifest =>
  JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as Manifest

/** The version of this package. */
export const ownVersion = (): string => manifest().version

/**
 * The versions with which this package was tested. The packed manifest has them in a field of its own, because
 * devDependencies are not packed. An alias, `npm:typescript@7.0.2`, counts for the package behind it.
 */
function versions(): ReadonlyMap<string, string> {
  const { seaworthy, devDependencies = {} } = manifest()
  const { templateDependencies, templateVersions = devDependencies } = seaworthy
  return new Map(
    templateDependencies.map((name) => {
      const version = templateVersions[name]!
      const [, target, targetVersion] = /^npm:(.+)@(.+)$/.exec(version) ?? []
      return [target ?? name, targetVersion ?? version]
    })
  )
}

/** The range of a package in a new service: from the version that was tested. */
export function versionRange(name: string): string {
  const version = versions().get(name)
  if (version === undefined) throw new Error(`create-fastify-seaworthy: it has no version of ${name}`)
  return /^\d/.test(version) ? `^${version}` : version
}

/** Whether new services may install this package. */
export const isDependency = (name: string): boolean => versions().has(name)
