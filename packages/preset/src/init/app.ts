import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What the templates need to know of an app. */
export interface App {
  /** Fit for a container, a Kubernetes object and a systemd unit: lower case, digits, hyphens. */
  name: string
  /** What Node runs, from the app's folder. */
  entry: string
  packageManager: 'npm' | 'pnpm'
  port: number
}

interface Manifest {
  name?: string
  main?: string
  packageManager?: string
  scripts?: { start?: string }
}

/**
 * Reads what can be known from `package.json` and the lock file.
 *
 * @throws Error when there is no readable `package.json`.
 */
export function readApp(folder: string, port: number): App {
  const manifest = readManifest(join(folder, 'package.json'))
  return {
    name: objectName(manifest.name ?? 'app'),
    entry: entryOf(manifest),
    packageManager:
      manifest.packageManager?.startsWith('pnpm') || existsSync(join(folder, 'pnpm-lock.yaml'))
        ? 'pnpm'
        : 'npm',
    port
  }
}

function readManifest(path: string): Manifest {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Manifest
  } catch (cause) {
    throw new Error(`${path} can't be read: run this in the folder of your app`, { cause })
  }
}

/** RFC 1123's label: `@acme/My_App` is `my-app`. */
const objectName = (name: string): string =>
  name
    .replace(/^@[^/]*\//, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 52) || 'app'

/** The file that `npm start` runs, else `main`, else npm's own default. */
function entryOf({ scripts, main }: Manifest): string {
  const started = scripts?.start?.match(/^node\s+(?:--\S+\s+)*(\S+\.[cm]?[jt]s)\s*$/)?.[1]
  return (started ?? main ?? 'server.js').replace(/^\.\//, '')
}
