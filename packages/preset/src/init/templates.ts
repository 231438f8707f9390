import { existsSync, globSync, readFileSync } from 'node:fs'
import { join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { environmentExample } from '../environment/example.ts'
import type { App } from './app.ts'

/** What can be asked for, and the templates that belong to it. */
export const targets: Readonly<Record<string, readonly string[]>> = {
  docker: ['Dockerfile', '.dockerignore'],
  compose: ['compose.yaml', 'prometheus/**', 'grafana/**', 'secrets/.gitignore'],
  kubernetes: ['kubernetes/**'],
  pm2: ['ecosystem.config.cjs'],
  systemd: ['systemd/**'],
  env: []
}

/** One file of an app's own. */
export interface Rendered {
  path: string
  text: string
}

// In a release the templates are beside `dist`; in the repository they are the example that the tests run.
const folders = ['../templates/', '../../templates/', '../../../../examples/production/']

const templateFolder = (): string => {
  const found = folders
    .map((folder) => fileURLToPath(new URL(folder, import.meta.url)))
    .find((folder) => existsSync(join(folder, 'Dockerfile')))
  if (found === undefined) throw new Error('fastify-seaworthy: its templates are missing, install it again')
  return found
}

/** The files of a target, written for this app. */
export function render(target: string, app: App): Rendered[] {
  if (target === 'env') return [{ path: '.env.production.example', text: environmentExample() }]

  const cwd = templateFolder()
  const isFile = (path: string) => existsSync(join(cwd, path)) && /\.[a-z]+$|file$/i.test(path)
  const paths = (targets[target] ?? []).flatMap((pattern) => globSync(pattern, { cwd })).filter(isFile)
  return paths.map((path) => ({
    path: adapt(path.split(sep).join('/'), app),
    text: adapt(readFileSync(join(cwd, path), 'utf8'), app)
  }))
}

/** The example's own name, entry and port become the app's. */
const adapt = (text: string, app: App): string =>
  dependencies(text, app)
    .replaceAll('src/server.ts', app.entry)
    .replaceAll('harbour', app.name)
    .replace(/\b3000\b/g, String(app.port))

const npmInstall = /^COPY package\.json package-lock\.json \.\/\n(RUN .*npm ci.*)$/m

/** The Dockerfile is written for npm; pnpm has another lock file, cache and command. */
function dependencies(text: string, { packageManager }: App): string {
  if (packageManager === 'npm') return text
  return text.replace(
    npmInstall,
    [
      'COPY package.json pnpm-lock.yaml ./',
      'RUN --mount=type=cache,target=/pnpm npx --yes pnpm@12.21.0 install --prod --frozen-lockfile --store-dir /pnpm'
    ].join('\n')
  )
}
