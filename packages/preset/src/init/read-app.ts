import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { installerOf, lockFiles, type Installer, type PackageManager } from './package-managers.ts'
import type { Services } from './unused-services.ts'

/** The facts about an app that the templates need. */
export interface App {
  /** A valid name of a container, a Kubernetes object and a systemd unit: lower case, digits, hyphens. */
  name: string
  /** The file that Node runs, relative to the app's folder. */
  entry: string
  packageManager: PackageManager
  installer: Installer
  /** The path of the app in its workspace, `apps/api`. `undefined`: it has a lock file of its own, or none. */
  workspace: string | undefined
  services: Services
  /** Whether the entry is made by `npm run build`. */
  built: boolean
  port: number
  /** Notes for the author, each with the targets that it concerns. */
  notes: { text: string; concerns: readonly string[] }[]
}

interface Manifest {
  name?: string
  main?: string
  packageManager?: string
  scripts?: { start?: string; build?: string }
  dependencies?: Record<string, string>
  workspaces?: unknown
}

/**
 * Reads the facts from `package.json` and the lock file.
 *
 * @throws Error when there is no readable `package.json`.
 */
export function readApp(folder: string, port: number): App {
  const manifest = readManifest(join(folder, 'package.json'))
  const has = (path: string) => existsSync(join(folder, path))
  const entry = entryOf(manifest)
  const built = manifest.scripts?.build !== undefined && entry.includes('/') && !has(entry)
  const root = findRoot(folder)
  const inRoot = (path: string) => existsSync(join(root, path))
  const { packageManager: named } = root === folder ? manifest : readManifest(join(root, 'package.json'))
  const [, namedManager, version] = /^(npm|pnpm|yarn|bun)@(\d[\w.-]*)/.exec(named ?? '') ?? []
  const packageManager = (namedManager ?? managerOf(inRoot) ?? 'npm') as PackageManager
  const installer = installerOf(packageManager, version, inRoot)
  const services = servicesOf(manifest)
  const usesPnp =
    packageManager === 'yarn' && version !== undefined && !version.startsWith('1.') && !readsModules(root)
  return {
    name: objectName(manifest.name ?? 'app'),
    entry,
    packageManager,
    installer,
    workspace: root === folder ? undefined : relative(root, folder).split(sep).join('/'),
    services,
    built,
    port,
    notes: [
      {
        text: `${entry} is not there: set "main" in package.json to the entry`,
        concerns: has(entry) || built ? [] : ['docker', 'pm2', 'systemd']
      },
      {
        text: `${installer.files[0]} is not there: the image is built from it`,
        concerns: inRoot(installer.files[0]!) ? [] : ['docker']
      },
      {
        text: 'REDIS_HOST is set: install ioredis, or remove the variable',
        concerns: manifest.dependencies?.ioredis || !services.redis ? [] : ['compose', 'kubernetes']
      },
      {
        text: 'the image needs node_modules: set "nodeLinker: node-modules" in .yarnrc.yml',
        concerns: usesPnp ? ['docker'] : []
      }
    ]
  }
}

/** The folder with the lock file: the app's, or the one of its workspace. */
function findRoot(folder: string): string {
  const isRoot = (at: string) =>
    Object.values(lockFiles)
      .flat()
      .some((file) => existsSync(join(at, file)))
  for (let at = folder; dirname(at) !== at; at = dirname(at))
    if (isRoot(at) && existsSync(join(at, 'package.json')))
      return at === folder || isWorkspace(at) ? at : folder
  return folder
}

const isWorkspace = (folder: string): boolean =>
  existsSync(join(folder, 'pnpm-workspace.yaml')) ||
  readManifest(join(folder, 'package.json')).workspaces !== undefined

const managerOf = (has: (file: string) => boolean): string | undefined =>
  Object.entries(lockFiles).find(([, files]) => files.some(has))?.[0]

const readsModules = (folder: string): boolean => {
  const file = join(folder, '.yarnrc.yml')
  return existsSync(file) && /^nodeLinker:\s*["']?node-modules/m.test(readFileSync(file, 'utf8'))
}

const databases =
  /^(?:pg|postgres|pg-promise|knex|kysely|typeorm|sequelize|prisma|drizzle-orm|slonik|mysql2?|@prisma\/client|@fastify\/(?:postgres|mysql)|@mikro-orm\/.+)$/
const redisClients = /^(?:ioredis|redis|bullmq|@fastify\/redis|@redis\/client)$/

/** The services that the app's dependencies connect to. */
function servicesOf({ dependencies = {} }: Manifest): Services {
  const names = Object.keys(dependencies)
  return {
    database: names.some((name) => databases.test(name)),
    redis: names.some((name) => redisClients.test(name))
  }
}

function readManifest(path: string): Manifest {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Manifest
  } catch (cause) {
    throw new Error(`${path} cannot be read: run this in the folder of your app`, { cause })
  }
}

// Names that the templates use for other services, and words that YAML does not read as a string.
const reservedNames = /^(?:postgres|redis|prometheus|grafana|true|false|null|yes|no|on|off|y|n)$/

/** A label of RFC 1035: `@acme/My_App` becomes `my-app`. */
function objectName(name: string): string {
  const label = name
    .replace(/^@[^/]*\//, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+/, '')
    .slice(0, 48)
    .replace(/-+$/, '')
  return label === '' ? 'app' : reservedNames.test(label) ? `${label}-app` : label
}

/** The file that `npm start` runs, else `main`, else npm's own default. */
function entryOf({ scripts, main }: Manifest): string {
  const started = scripts?.start?.match(/^node\s+(?:--\S+\s+)*(\S+\.[cm]?[jt]s)\s*$/)?.[1]
  return (started ?? main ?? 'server.js').replace(/^\.\//, '')
}
