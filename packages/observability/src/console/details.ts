import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { withoutByteOrderMark } from '@seaworthy/internal'
import type { FastifyInstance } from 'fastify'
import type { BuildInfo } from '../metrics/build-info.ts'
import { buildOf } from '../metrics/build-info.ts'
import { scriptFolder } from '../metrics/script-folder.ts'
import type { Details } from './types.ts'

type Dependency = Details['dependencies'][number]
type Step = Details['timeline'][number]

/** Name and versions of the running service. */
export function buildDetails(fastify: FastifyInstance, buildInfo: BuildInfo): Details['build'] {
  const { platform, arch, version } = process
  return { ...buildOf(buildInfo), node: version, fastify: fastify.version, platform: `${platform} ${arch}` }
}

/** The dependencies of the package that the process runs, with the versions that are installed. */
export function dependencies(): Dependency[] {
  const folder = folderOfPackage()
  if (folder === undefined) return []
  const { dependencies: wanted } = readManifest(folder)
  if (typeof wanted !== 'object' || wanted === null) return []
  return Object.entries(wanted as Record<string, unknown>)
    .map(([name, range]) => ({ name, wanted: rangeText(range), installed: installedVersion(folder, name) }))
    .sort((a, b) => a.name.localeCompare(b.name))
}

/** A dependency may be an address of git with a token in it. */
const rangeText = (range: unknown): string => {
  const text = String(range)
  return text.includes('//') ? `${text.slice(0, text.indexOf(':'))}:…` : text
}

function folderOfPackage(): string | undefined {
  let folder = scriptFolder()
  for (let parent = ''; parent !== folder; parent = folder, folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder
  }
  return undefined
}

/** `{}` where there is none, as in an image with a bundle. */
function readManifest(folder: string): Record<string, unknown> {
  try {
    return JSON.parse(withoutByteOrderMark(readFileSync(join(folder, 'package.json'), 'utf8'))) as Record<
      string,
      unknown
    >
  } catch {
    return {}
  }
}

function installedVersion(from: string, name: string): string {
  let folder = from
  for (let parent = ''; parent !== folder; parent = folder, folder = dirname(folder)) {
    const { version } = readManifest(join(folder, 'node_modules', name))
    if (typeof version === 'string') return version
  }
  return ''
}

/** Fastify names a plugin without a name by its source. */
const nameOf = (name: string): string =>
  /=>|^(?:async )?function|\{/.test(name) ? 'a plugin without a name' : name

/** How long each plugin took to load, from Fastify's own list, in its order. */
export function timeline(fastify: FastifyInstance): Step[] {
  return fastify
    .printPlugins()
    .split('\n')
    .flatMap((line) => {
      const [, tree = '', name = '', milliseconds = '0'] =
        /^([^\p{L}\p{N}@_/.-]*)(.+?) (-?\d+(?:\.\d+)?) ms$/u.exec(line) ?? []
      return name === ''
        ? []
        : [
            {
              depth: Math.max(0, tree.length / 2 - 1),
              name: nameOf(name),
              milliseconds: Math.max(0, Number(milliseconds))
            }
          ]
    })
}
