// Runs a tool of the workspace under this very Node, by its path: pnpm's shims would choose another one.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const modules = join(import.meta.dirname, '../node_modules')

/** The file behind a package's command. */
function binary(name, command) {
  const { bin } = JSON.parse(readFileSync(join(modules, name, 'package.json'), 'utf8'))
  return join(modules, name, typeof bin === 'string' ? bin : bin[command])
}

/** Runs the command and gives its exit status. */
export function run(name, args, { command = name, ...options } = {}) {
  const result = spawnSync(process.execPath, [binary(name, command), ...args], {
    stdio: 'inherit',
    ...options
  })
  return result.status ?? 1
}
