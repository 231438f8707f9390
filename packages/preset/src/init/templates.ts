import { existsSync, globSync, readFileSync } from 'node:fs'
import { join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { App } from './read-app.ts'
import { dockerfile } from './dockerfile.ts'
import { dockerignore } from './dockerignore.ts'
import { withoutSharedState, withoutUnusedServices } from './unused-services.ts'

/** The targets of the command, each with its templates. */
export const targets: Readonly<Record<string, readonly string[]>> = {
  docker: ['Dockerfile', '.dockerignore'],
  compose: ['compose.yaml', 'prometheus/**', 'grafana/**'],
  kubernetes: ['kubernetes/**'],
  pm2: ['ecosystem.config.cjs'],
  systemd: ['systemd/**'],
  env: []
}

/** Ports that the templates use for other services than the app. */
export const takenPorts: Readonly<Record<number, string>> = {
  3001: 'Grafana',
  9090: 'Prometheus',
  9464: "the operators' listener"
}

/** One file for the app. */
export interface Rendered {
  path: string
  text: string
}

// In a release the templates are beside `dist`. In the repository they are the files of the example.
const templates = import.meta.url.endsWith('/src/init/templates.ts')
  ? '../../../../examples/production/'
  : '../templates/'

function templateFolder(): string {
  const folder = fileURLToPath(new URL(templates, import.meta.url))
  if (existsSync(join(folder, 'Dockerfile'))) return folder
  throw new Error('fastify-seaworthy: the templates are missing; install the package again')
}

/** The files of a target, adapted to this app. */
export async function render(
  target: string,
  app: App,
  environmentExample: () => Promise<string>
): Promise<Rendered[]> {
  if (target === 'env') return [{ path: '.env.production.example', text: await environmentExample() }]

  const cwd = templateFolder()
  const isFile = (path: string) => /\.[a-z]+$|file$/i.test(path)
  const paths = (targets[target] ?? []).flatMap((pattern) => globSync(pattern, { cwd })).filter(isFile)
  const files = paths.map((path) => ({
    path: nameOf(path.split(sep).join('/'), app),
    text: adaptFile(path, readFileSync(join(cwd, path), 'utf8'), app)
  }))
  // npm does not pack `.gitignore`, so this one cannot be a template.
  return target === 'compose' ? [...files, { path: 'secrets/.gitignore', text: '*\n!.gitignore\n' }] : files
}

/** In a workspace the context of the image is the root, where Docker looks for this name beside the Dockerfile. */
const nameOf = (path: string, app: App): string =>
  path === '.dockerignore' && app.workspace !== undefined ? 'Dockerfile.dockerignore' : adapt(path, app)

function adaptFile(path: string, text: string, app: App): string {
  if (path === 'Dockerfile') return adapt(dockerfile(text, app), app)
  if (path === '.dockerignore') return dockerignore(text, app)
  if (path === 'ecosystem.config.cjs') return adapt(withoutSharedState(text, app.services), app)
  return adapt(path.endsWith('.yaml') ? withoutUnusedServices(text, app.services) : text, app)
}

/** Replaces the name, entry and port of the example. */
const adapt = (text: string, { name, entry, port }: App): string =>
  text.replace(/src\/server\.ts|harbour|\b3000\b/g, (found) =>
    found === 'harbour' ? name : found === '3000' ? `${port}` : entry
  )
