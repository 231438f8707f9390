import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { nearest } from '@seaworthy/internal'
import { readApp } from './read-app.ts'
import { render, takenPorts, targets } from './templates.ts'

/** How the command is called. */
export const initUsage = `usage: fastify-seaworthy init [${Object.keys(targets).join('|')}|all] … [--dry-run] [--force] [--port N]

Writes deployment files for the app in this folder. An existing file is left as it is, unless --force is given.`

/** What a run has to say, and its exit code: 0 done, 2 not understood. */
export interface InitResult {
  code: 0 | 2
  lines: string[]
}

/** The command: `args` is what follows its name. */
export async function runInit(args: readonly string[], folder: string): Promise<InitResult> {
  try {
    const { values, positionals: asked } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        'dry-run': { type: 'boolean' },
        force: { type: 'boolean' },
        port: { type: 'string', default: '3000' }
      }
    })
    const port = portOf(values.port)
    const chosen = asked.length === 0 || asked.includes('all') ? Object.keys(targets) : asked.map(targetOf)
    const app = readApp(folder, port)
    const rendered = await Promise.all(chosen.map(async (target) => render(target, app)))
    const files = rendered.flat()
    const lines = files.map(({ path, text }) => place(folder, path, text, values['dry-run'], values.force))
    const notes = app.notes.filter(({ concerns }) => concerns.some((target) => chosen.includes(target)))
    return { code: 0, lines: [...lines, ...notes.map(({ text }) => `note     ${text}`)] }
  } catch (error) {
    return { code: 2, lines: [(error as Error).message] }
  }
}

function place(folder: string, path: string, text: string, dryRun = false, force = false): string {
  const file = join(folder, path)
  const exists = existsSync(file)
  if (exists && !force) return `kept     ${path}: it exists, --force replaces it`
  if (dryRun) return `${exists ? 'would replace' : 'would write'} ${path}`
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
  return `${exists ? 'replaced' : 'wrote   '} ${path}`
}

function portOf(text: string): number {
  const port = Number(text)
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new Error(`--port must be a whole number from 1 to 65535, got '${text}'`)
  }
  const taken = takenPorts[port]
  if (taken !== undefined) throw new Error(`--port ${port} is ${taken}'s in these files: choose another`)
  return port
}

function targetOf(name: string): string {
  if (name in targets) return name
  const near = nearest(name, Object.keys(targets))
  throw new Error(`'${name}' is nothing to write${near ? `, did you mean '${near}'?` : ''}\n${initUsage}`)
}
