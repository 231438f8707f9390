import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { nearest } from '@seaworthy/internal'
import { readApp, type App } from './read-app.ts'
import { render, takenPorts, targets } from './templates.ts'

/** The usage of the command. */
export const initUsage = `usage: fastify-seaworthy init [${Object.keys(targets).join('|')}|all] … [--dry-run] [--force] [--port N]

Writes deployment files for the app in this folder. An existing file is left as it is, unless --force is given.`

/** The exit code and output of the command: 0 when done, 2 when an argument is wrong. */
export interface InitResult {
  code: 0 | 2
  lines: string[]
}

/**
 * Runs the command.
 *
 * @param args - The arguments behind its name.
 * @param environmentExample - Makes the text of `.env.production.example`.
 */
export async function runInit(
  args: readonly string[],
  folder: string,
  environmentExample: () => Promise<string>
): Promise<InitResult> {
  try {
    const { values, positionals: names } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        'dry-run': { type: 'boolean' },
        force: { type: 'boolean' },
        port: { type: 'string', default: '3000' }
      }
    })
    const port = parsePort(values.port)
    const chosen = names.length === 0 || names.includes('all') ? Object.keys(targets) : names.map(checkTarget)
    const app = readApp(folder, port)
    const rendered = await Promise.all(chosen.map(async (target) => render(target, app, environmentExample)))
    const files = rendered.flat()
    const lines = files.map(({ path, text }) =>
      writeTarget(folder, path, text, values['dry-run'], values.force)
    )
    const notes = app.notes.filter(({ concerns }) => concerns.some((target) => chosen.includes(target)))
    const next = values['dry-run'] ? [] : chosen.flatMap((target) => nextSteps(target, app))
    return {
      code: 0,
      lines: [
        ...lines,
        ...notes.map(({ text }) => `note     ${text}`),
        ...next.map((step) => `next     ${step}`)
      ]
    }
  } catch (error) {
    return { code: 2, lines: [(error as Error).message] }
  }
}

/** The commands that use the files of a target. */
function nextSteps(target: string, { name, workspace }: App): readonly string[] {
  const secrets = 'jwt_secret, session_secret, management_token'
  switch (target) {
    case 'docker':
      return [
        workspace === undefined
          ? `docker build --tag ${name} .`
          : `in the root of the workspace: docker build --file ${workspace}/Dockerfile --tag ${name} .`
      ]
    case 'compose':
      return [`write each secret into its file in secrets/ (${secrets}, …), then docker compose up --build`]
    case 'kubernetes':
      return [
        `kubectl create secret generic ${name} with the keys ${secrets}, set TRUST_PROXY in kubernetes/base/configmap.yaml, ` +
          'then kubectl apply -k kubernetes/overlays/production'
      ]
    case 'pm2':
      return ['pm2 start ecosystem.config.cjs --env production']
    case 'systemd':
      return [`copy systemd/${name}.service to /etc/systemd/system, then systemctl enable --now ${name}`]
    default:
      return ['copy .env.production.example to a file outside of the repository, and fill it in']
  }
}

function writeTarget(folder: string, path: string, text: string, dryRun = false, force = false): string {
  const file = join(folder, path)
  const exists = existsSync(file)
  if (exists && !force) return `kept     ${path}: it exists, --force replaces it`
  if (dryRun) return `${exists ? 'would replace' : 'would write'} ${path}`
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
  return `${exists ? 'replaced' : 'wrote   '} ${path}`
}

function parsePort(text: string): number {
  const port = Number(text)
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new Error(`--port must be a whole number from 1 to 65535, got '${text}'`)
  }
  const service = takenPorts[port]
  if (service !== undefined)
    throw new Error(`--port ${port} is the port of ${service} in these files: choose another`)
  return port
}

function checkTarget(name: string): string {
  if (name in targets) return name
  const near = nearest(name, Object.keys(targets))
  throw new Error(`'${name}' is not a target${near ? `, did you mean '${near}'?` : ''}\n${initUsage}`)
}
