import { readFileSync } from 'node:fs'
import { withoutByteOrderMark } from '@seaworthy/internal'

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
  let text
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    throw new Error(`${path} cannot be read: run this in the folder of your app`, { cause })
  }
  try {
    // npm takes the mark that editors on Windows put before the text.
    return JSON.parse(withoutByteOrderMark(text)) as Manifest
  } catch (cause) {
    throw new Error(`${path} is no JSON: ${(cause as Error).message}`, { cause })
  }
}
