import { existsSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { readManifest, type Manifest } from './manifest.ts'
import {
  installerOf,
  lockFiles,
  usualBerry,
  type Installer,
  type PackageManager
} from './package-managers.ts'
import type { Services } from './unused-services.ts'
import { findRoot, linkedBuilds, posix } from './workspace.ts'

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
  /** The folders of the workspace that are built before the app. */
  builds: readonly string[]
  /** Folders beside the sources that services usually read. */
  folders: readonly string[]
  port: number
  /** Notes for the author, each with the targets that it concerns. */
  notes: { text: string; concerns: readonly string[] }[]
}

/** Folders of a service that are no sources. Those that may hold secrets, such as `config`, are left to the author. */
const usualFolders = ['assets', 'locales', 'migrations', 'prisma', 'public', 'static', 'templates', 'views']

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
  const read = (path: string) => (inRoot(path) ? readFileSync(join(root, path), 'utf8') : '')
  const { packageManager: named } = root === folder ? manifest : readManifest(join(root, 'package.json'))
  const [, namedManager, version] = /^(npm|pnpm|yarn|bun)@(\d[\w.-]*)/.exec(named ?? '') ?? []
  const packageManager = (namedManager ?? managerOf(inRoot) ?? 'npm') as PackageManager
  const isBerry = packageManager === 'yarn' && /^__metadata:/m.test(read('yarn.lock'))
  const installer = installerOf(packageManager, version ?? (isBerry ? usualBerry : undefined), inRoot)
  const services = servicesOf(manifest)
  const yarnSettings = installer.files.includes('.yarnrc.yml') ? read('.yarnrc.yml') : ''
  const concernsDocker = (isWrong: boolean) => (isWrong ? ['docker'] : [])
  return {
    name: objectName(typeof manifest.name === 'string' ? manifest.name : 'app'),
    entry,
    packageManager,
    installer,
    workspace: root === folder ? undefined : posix(relative(root, folder)),
    services,
    built,
    builds: root === folder ? [] : linkedBuilds(root, folder),
    folders: usualFolders.filter(has),
    port,
    notes: [
      {
        text: `${entry} is not there: set "main" in package.json to the entry`,
        concerns: has(entry) || built ? [] : ['docker', 'pm2', 'systemd']
      },
      {
        text: `npm start runs fastify-cli, these files run ${entry} with Node: it must call app.listen()`,
        concerns: /\bfastify start\b/.test(manifest.scripts?.start ?? '') ? ['docker', 'pm2', 'systemd'] : []
      },
      {
        text: `${installer.files[0]} is not there: the image is built from it`,
        concerns: concernsDocker(!inRoot(installer.files[0]!))
      },
      {
        text: 'REDIS_HOST is set: install ioredis, or remove the variable',
        concerns: manifest.dependencies?.ioredis || !services.redis ? [] : ['compose', 'kubernetes']
      },
      {
        text: 'the image needs node_modules: set "nodeLinker: node-modules" in .yarnrc.yml',
        concerns: concernsDocker(
          installer.isBerry === true && !/^nodeLinker:\s*["']?node-modules/m.test(yarnSettings)
        )
      },
      {
        text: 'the token in .yarnrc.yml can get into the image: move it to the .yarnrc.yml of your home folder',
        concerns: concernsDocker(/npmAuth(?:Token|Ident)["']?\s*:\s*(?!["']?\$\{)\S/.test(yarnSettings))
      }
    ]
  }
}

const managerOf = (has: (file: string) => boolean): string | undefined =>
  Object.entries(lockFiles).find(([, files]) => files.some(has))?.[0]

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

/** Options of Node whose value is the next word. */
const optionsWithValue: ReadonlySet<string> = new Set([
  '-C',
  '-r',
  '--conditions',
  '--env-file',
  '--env-file-if-exists',
  '--experimental-loader',
  '--import',
  '--loader',
  '--require'
])

/** The file that `npm start` runs, else `main`, else npm's own default. */
function entryOf({ scripts, main }: Manifest): string {
  const entry = startedFile(scripts?.start ?? '') ?? main ?? 'server.js'
  // Windows takes both, and the files are for Linux.
  return entry.replaceAll('\\', '/').replace(/^\.\//, '')
}

/** The file in `NODE_ENV=production node --import ./agent.js server.js`. `undefined`: another program runs it. */
function startedFile(start: string): string | undefined {
  const words = start.split(/&&|;/).at(-1)!.trim().split(/\s+/)
  const node = words.lastIndexOf('node')
  if (node < 0) return undefined
  for (let at = node + 1; at < words.length; at++) {
    const word = words[at]!
    if (optionsWithValue.has(word)) at++
    else if (!word.startsWith('-')) return /\.[cm]?[jt]s$/.test(word) ? word : undefined
  }
  return undefined
}
