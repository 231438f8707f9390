import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The facts about an app that the templates need. */
export interface App {
  /** A valid name of a container, a Kubernetes object and a systemd unit: lower case, digits, hyphens. */
  name: string
  /** The file that Node runs, relative to the app's folder. */
  entry: string
  packageManager: 'npm' | 'pnpm'
  /** The version of pnpm that the app requires. */
  pnpm: string
  /** Whether the app has `pnpm-workspace.yaml`, with pnpm's settings. */
  pnpmSettings: boolean
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
  const usesPnpm = manifest.packageManager?.startsWith('pnpm@') || has('pnpm-lock.yaml')
  const lockFile = usesPnpm ? 'pnpm-lock.yaml' : 'package-lock.json'
  return {
    name: objectName(manifest.name ?? 'app'),
    entry,
    packageManager: usesPnpm ? 'pnpm' : 'npm',
    pnpm: manifest.packageManager?.match(/^pnpm@(\d[\w.-]*)/)?.[1] ?? '12.21.0',
    pnpmSettings: has('pnpm-workspace.yaml'),
    built,
    port,
    notes: [
      {
        text: `${entry} is not there: set "main" in package.json to the entry`,
        concerns: has(entry) || built ? [] : ['docker', 'pm2', 'systemd']
      },
      {
        text: `${lockFile} is not there: the image is built from it`,
        concerns: has(lockFile) ? [] : ['docker']
      },
      {
        text: 'REDIS_HOST is set: install ioredis, or remove the variable',
        concerns: manifest.dependencies?.ioredis ? [] : ['compose', 'kubernetes']
      }
    ]
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
