import { existsSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { root, run, temporaryFolder, writeFiles, type Registry } from '@seaworthy/testing'
import type { Test } from 'tap'
import { bun, yarnBerry, yarnClassic } from '../../../packages/consumers/test/tools.ts'

/** A package manager with which an app was installed, from the registry of the test. */
export interface Manager {
  /** For `package.json`. */
  readonly packageManager?: string
  /** The command that installs. */
  readonly command: readonly string[]
  readonly files?: (registry: Registry) => Record<string, string>
  readonly env?: (registry: Registry) => NodeJS.ProcessEnv
}

const { execPath } = process

/** The settings of yarn for a registry without TLS. They are those of the user: in an image they come as a secret. */
export const yarnSettings = ({ url }: Registry): string =>
  [
    `npmRegistryServer: ${url}`,
    'unsafeHttpWhitelist: ["127.0.0.1"]',
    'npmMinimalAgeGate: 0',
    'enableImmutableInstalls: false',
    'enableTelemetry: false',
    ''
  ].join('\n')

const homeOf = ({ env }: Registry): string => env.HOME ?? ''

export const managers = {
  npm: { command: ['npm', 'install', '--no-audit', '--no-fund'] },
  pnpm: {
    command: [execPath, join(root, 'node_modules/pnpm/bin/pnpm.mjs'), 'install'],
    // pnpm refuses packages that were published a moment ago.
    files: () => ({ 'pnpm-workspace.yaml': 'minimumReleaseAge: 0\npackages:\n  - apps/*\n  - libs/*\n' })
  },
  'yarn 1': {
    command: [execPath, yarnClassic, 'install', '--non-interactive'],
    env: (registry) => ({ YARN_CACHE_FOLDER: join(homeOf(registry), 'classic'), YARN_REGISTRY: registry.url })
  },
  'yarn 4': {
    command: [execPath, yarnBerry, 'install'],
    files: () => ({ 'yarn.lock': '', '.yarnrc.yml': 'nodeLinker: node-modules\n' }),
    env: (registry) => ({ YARN_GLOBAL_FOLDER: join(homeOf(registry), 'berry') })
  },
  bun: {
    packageManager: 'bun@1.4.5',
    command: [bun ?? 'bun', 'install'],
    env: (registry) => ({ BUN_INSTALL_CACHE_DIR: join(homeOf(registry), 'bun') })
  }
} as const satisfies Record<string, Manager>

const server = (greeting: string) => `import Fastify from 'fastify'
import { fromEnv, seaworthy, serverOptions } from 'fastify-seaworthy'
${greeting}
const config = fromEnv()
const app = Fastify(serverOptions(config))
await app.register(seaworthy, config)
app.get('/', async () => greeting)
await app.listen(config.listen)
`

// Files of a developer that must not get into an image.
const secret = 'must-not-be-in-the-image'
const ofDeveloper = { '.env': `JWT_SECRET=${secret}`, 'server.key': secret }

/** The files of an app of its own: JavaScript or TypeScript, which Node runs as it is. */
export const singleApp = (language: 'js' | 'ts', { packageManager }: Manager): Record<string, string> => ({
  'package.json': JSON.stringify({
    name: 'harbour',
    version: '1.0.0',
    private: true,
    type: 'module',
    main: `src/server.${language}`,
    ...(packageManager && { packageManager }),
    dependencies: { fastify: '^5.12.0', 'fastify-seaworthy': '^1.0.0' }
  }),
  [`src/server.${language}`]: server(`const greeting${language === 'ts' ? ': string' : ''} = 'hello'`),
  ...Object.fromEntries(Object.entries(ofDeveloper).map(([name, text]) => [`src/${name}`, text])),
  '.npmrc': `//registry.example.com/:_authToken=${secret}\n`
})

const compiler = JSON.stringify({
  compilerOptions: {
    target: 'es2023',
    module: 'nodenext',
    declaration: true,
    outDir: 'dist',
    rootDir: 'src',
    skipLibCheck: true
  },
  include: ['src']
})

/** The files of a workspace: an app and the package that it needs, both compiled. */
export function workspace({ packageManager }: Manager, link: string): Record<string, string> {
  const member = (name: string, more: object) =>
    JSON.stringify({
      name,
      version: '1.0.0',
      private: true,
      type: 'module',
      scripts: { build: 'tsc' },
      devDependencies: { typescript: '7.0.2' },
      ...more
    })
  return {
    'package.json': JSON.stringify({
      name: 'all',
      private: true,
      workspaces: ['apps/*', 'libs/*'],
      ...(packageManager && { packageManager })
    }),
    'libs/greeting/package.json': member('@acme/greeting', { exports: './dist/index.js' }),
    'libs/greeting/tsconfig.json': compiler,
    'libs/greeting/src/index.ts': `export const greeting: string = 'hello'\n`,
    'apps/api/package.json': member('harbour', {
      main: 'dist/server.js',
      dependencies: { fastify: '^5.12.0', 'fastify-seaworthy': '^1.0.0', '@acme/greeting': link }
    }),
    'apps/api/tsconfig.json': compiler,
    'apps/api/src/server.ts': server(`import { greeting } from '@acme/greeting'`),
    'apps/api/secrets/jwt_secret': secret,
    'apps/other/package.json': JSON.stringify({ name: 'other', version: '1.0.0', private: true }),
    'apps/other/secrets/token': secret,
    ...Object.fromEntries(Object.entries(ofDeveloper).map(([name, text]) => [`apps/api/${name}`, text])),
    '.npmrc': `//registry.example.com/:_authToken=${secret}\n`
  }
}

/** Writes an app, installs it with its package manager, and runs `fastify-seaworthy init docker` in `at`. */
export function install(
  t: Test,
  registry: Registry,
  manager: Manager,
  files: Record<string, string>,
  at = '.'
): string {
  const folder = temporaryFolder(t, 'managed')
  const { '.npmrc': npmrc, ...others } = files
  writeFiles(folder, { ...others, ...manager.files?.(registry) })
  const env = {
    ...registry.env,
    PATH: `${dirname(execPath)}:${registry.env.PATH}`,
    ...manager.env?.(registry)
  }
  const [command, ...args] = manager.command
  writeFiles(homeOf(registry), { '.yarnrc.yml': yarnSettings(registry) })
  run(command!, args, { cwd: folder, env, timeout: 300_000 })
  const cwd = join(folder, at)
  mkdirSync(join(folder, '.git'), { recursive: true })
  const cli = [cwd, folder]
    .map((at) => join(at, 'node_modules/fastify-seaworthy/dist/cli.js'))
    .find((path) => existsSync(path))
  if (cli === undefined) throw new Error('fastify-seaworthy is not installed')
  run(execPath, [cli, 'init', 'docker'], { cwd, env })
  writeFiles(folder, { '.npmrc': npmrc ?? '' })
  return folder
}
