// The workspace's published packages: folder, name, manifest.
import { existsSync, readdirSync, readFileSync } from 'node:fs'

export const packages = readdirSync('packages')
  .filter((folder) => existsSync(`packages/${folder}/package.json`))
  .map((folder) => ({
    folder: `packages/${folder}`,
    manifest: JSON.parse(readFileSync(`packages/${folder}/package.json`, 'utf8'))
  }))
  .filter(({ manifest }) => !manifest.private)
