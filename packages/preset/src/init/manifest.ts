import { readFileSync } from 'node:fs'

/** The members of `package.json` that are read here. */
export interface Manifest {
  name?: string
  main?: string
  packageManager?: string
  scripts?: { start?: string; build?: string }
  dependencies?: Record<string, string>
  devDependencies?: Record<string, string>
  workspaces?: unknown
}

/** @throws Error when the file is not there, or no JSON. */
export function readManifest(path: string): Manifest {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Manifest
  } catch (cause) {
    throw new Error(`${path} cannot be read: run this in the folder of your app`, { cause })
  }
}
