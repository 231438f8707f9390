// A folder with an app for `init`.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '@seaworthy/testing'
import type { Test } from 'tap'
import { environmentExample } from '../src/environment/example.ts'
import { runInit as run } from '../src/init/init.ts'

export const runInit = async (args: readonly string[], folder: string) =>
  run(args, folder, async () => environmentExample())

/** Makes a folder with a package.json. */
export function appFolder(t: Test, manifest: object, files: Record<string, string> = {}): string {
  const folder = temporaryFolder(t)
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  return folder
}
