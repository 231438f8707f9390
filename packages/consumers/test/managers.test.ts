// The install lines of the documents with each package manager, then everything that a document says to run or import.
import { existsSync, globSync, readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { dirname, join } from 'node:path'
import {
  packageNames,
  releaseLocally,
  root,
  run,
  temporaryFolder,
  writeFiles,
  type Registry
} from '@seaworthy/testing'
import t, { type Test } from 'tap'
import { documents, type Document } from './documents.ts'
import { bun, installTools, sharedFolder, yarnBerry, yarnClassic, yarnProject } from './tools.ts'

/** A package manager as its users call it. Each function gives a program and its arguments. */
interface Manager {
  readonly name: string
  /** Whether a package finds only what it names itself, so that each document needs an app of its own. */
  readonly strict: boolean
  readonly missing?: string
  add(names: readonly string[]): string[]
  node?(...args: string[]): string[]
  /** Runs a command of an installed package, as `npx` does. */
  exec(...args: string[]): string[]
  /** Settings in the app's folder. */
  files?(registry: Registry): Record<string, string>
  env?(registry: Registry): NodeJS.ProcessEnv
}

const { execPath } = process
const npx = (...args: string[]): string[] => ['npx', '--no-install', ...args]
const pnpm = join(root, 'node_modules/pnpm/bin/pnpm.mjs')

const yarn = (linker: 'node-modules' | 'pnp'): Manager => ({
  name: `yarn with ${linker}`,
  strict: linker === 'pnp',
  add: (names) => [execPath, yarnBerry, 'add', ...names],
  exec: (...args) => [execPath, yarnBerry, 'exec', ...args],
  ...(linker === 'pnp' && { node: (...args: string[]) => [execPath, yarnBerry, 'node', ...args] }),
  files: (registry) => yarnProject(registry, linker).files,
  env: (registry) => yarnProject(registry, linker).env
})

const managers: readonly Manager[] = [
  { name: 'npm', strict: false, add: (names) => ['npm', 'install', '--no-progress', ...names], exec: npx },
  {
    name: 'pnpm',
    strict: true,
    add: (names) => [execPath, pnpm, 'add', '--ignore-workspace', '--config.minimumReleaseAge=0', ...names],
    exec: (...args) => [execPath, pnpm, 'exec', ...args]
  },
  {
    name: 'yarn classic',
    strict: false,
    add: (names) => [execPath, yarnClassic, 'add', '--no-progress', '--non-interactive', ...names],
    exec: (...args) => [execPath, yarnClassic, '--silent', 'run', ...args],
    // Its cache bears one process at a time, and two runs of the tests may share it.
    files: (registry) => ({
      '.yarnrc': `--add.mutex "file:${sharedFolder(registry, 'yarn-classic.lock')}"`
    }),
    env: (registry) => ({
      YARN_CACHE_FOLDER: sharedFolder(registry, 'yarn-classic'),
      YARN_REGISTRY: registry.url
    })
  },
  yarn('node-modules'),
  yarn('pnp'),
  {
    name: 'bun',
    strict: false,
    ...(bun === undefined && { missing: 'bun' }),
    add: (names) => [bun ?? 'bun', 'add', ...names],
    exec: (...args) => [bun ?? 'bun', 'x', '--no-install', ...args],
    files: ({ url }) => ({ 'bunfig.toml': `[install]\nregistry = "${url}"\n` }),
    env: ({ env }) => ({ BUN_INSTALL_CACHE_DIR: join(env.HOME ?? '', 'bun') })
  }
]

// The samples read these from the environment.
const secret = 'kq3RrC0mB7xv1ZpLw9TnYd5HsUe8aGfJkq3RrC0mB7x='
const environment = {
  INTROSPECTION_SECRET: secret,
  JWT_SECRET: secret,
  SESSION_KEY: secret,
  METRICS_TOKEN: 'a-very-long-token',
  LOG_LEVEL: 'silent',
  PORT: '0'
}

/** The first sample without its types, which the compiler's tests are about; its app is closed, so that it ends. */
function program({ samples: [sample] }: Document): string {
  const text = stripTypeScriptTypes(sample?.text ?? '')
  return /\bconst app\b/.test(text) ? `${text}\nawait app.ready()\nawait app.close()\n` : text
}

const unique = (names: Iterable<string>): string[] => [...new Set(names)].toSorted()
const matches = (text: string, pattern: RegExp): string[] =>
  unique([...text.matchAll(pattern)].map(([, what = '']) => what))

/** Everything that a reader of the document imports, preloads, calls and copies. */
const instructionsOf = (text: string) => ({
  paths: matches(text, /(?<![\w/-])((?:@seaworthy\/[a-z]+|fastify-seaworthy)\/[a-z][\w/-]*)(?!\S*\.md)/g),
  preloads: matches(text, /node (?:--import|-r|--require) (\S+)/g),
  commands: matches(text, /npx (?:--?\S+ )*([a-z@][\w@/-]*)/g),
  inits: matches(text, /npx fastify-seaworthy (init(?: [a-z]+)*)/g),
  files: matches(text, /(node_modules\/(?:@seaworthy|fastify-seaworthy)\/[\w/.*-]+)/g)
})

/** Groups of documents that share an app: those with the same install line, or where nothing is strict, all parts. */
function apps(strict: boolean): { names: string[]; documents: Document[] }[] {
  const groups = Map.groupBy(documents, ({ firstInstall }) =>
    strict || firstInstall.includes('fastify-seaworthy') ? unique(firstInstall).join(' ') : 'parts'
  )
  return [...groups.values()].map((documents) => ({
    names: unique(documents.flatMap(({ firstInstall }) => firstInstall)),
    documents
  }))
}

/** Runs a command that must end with 0. Returns its output if it does not, else an empty text. */
function failure([command = '', ...args]: readonly string[], cwd: string, env: NodeJS.ProcessEnv): string {
  try {
    run(command, args, { cwd, env, timeout: 300_000 })
    return ''
  } catch (error) {
    return (error as Error).message
  }
}

/** The results of commands in an app, by what they show. */
type Results = Map<string, string>

/** A command that several documents name runs once in an app. */
function works(
  t: Test,
  what: string,
  command: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
  results: Results
): void {
  const failed = results.get(what) ?? failure(command, cwd, env)
  results.set(what, failed)
  t.ok(failed === '', what, { failed: failed.slice(0, 3000) })
}

/** A module in an app that must run, and the words for it. */
interface Runnable {
  readonly file: string
  readonly text: string
  readonly what: string
}

const runnablesOf = (document: Document): Runnable[] => [
  {
    file: `${document.path.replaceAll('/', '-')}.mjs`,
    text: program(document),
    what: `the first sample of ${document.path} runs`
  },
  ...instructionsOf(document.text).paths.map((path) => ({
    file: `import${path.replaceAll(/\W/g, '-')}.mjs`,
    text: `await import('${path}')`,
    what: `import '${path}'`
  }))
]

const nodeOf = ({ node = (...args: string[]) => [execPath, ...args] }: Manager) => node

/**
 * Runs all modules of an app in one process: loading the packages takes most of the time of each. Where it fails nothing is
 * noted, and each module runs alone.
 */
function runTogether(
  documents: readonly Document[],
  app: string,
  manager: Manager,
  env: NodeJS.ProcessEnv,
  results: Results
): void {
  const runnables = documents.flatMap(runnablesOf)
  const imports = [...new Set(runnables.map(({ file }) => `await import('./${file}')\n`))]
  writeFiles(app, {
    ...Object.fromEntries(runnables.map(({ file, text }) => [file, text])),
    'together.mjs': `${imports.join('')}console.log('all have run')`
  })
  const [command = '', ...args] = nodeOf(manager)('together.mjs')
  try {
    if (!run(command, args, { cwd: app, env, timeout: 300_000 }).includes('all have run')) return
  } catch {
    return
  }
  for (const { what } of runnables) results.set(what, '')
}

function checkInstructions(
  t: Test,
  document: Document,
  app: string,
  manager: Manager,
  env: NodeJS.ProcessEnv,
  results: Results
): void {
  const { exec } = manager
  const node = nodeOf(manager)
  const { preloads, commands, inits, files } = instructionsOf(document.text)
  for (const { file, text, what } of runnablesOf(document)) {
    writeFiles(app, { [file]: text })
    works(t, what, node(file), app, env, results)
  }
  writeFiles(app, { 'nothing.mjs': '' })
  for (const preload of preloads)
    works(t, `node --import ${preload}`, node('--import', preload, 'nothing.mjs'), app, env, results)
  for (const command of commands) {
    const bins = globSync('node_modules/.bin/*', { cwd: app }).map((path) =>
      path.replace('node_modules/.bin/', '')
    )
    if (existsSync(join(app, 'node_modules/.bin')))
      t.ok(bins.includes(command.replace(/^@.*\//, '')), `npx ${command} is installed`)
  }
  for (const line of inits) {
    const folder = join(app, 'init')
    writeFiles(folder, { 'package.json': '{ "name": "service" }' })
    works(
      t,
      `npx fastify-seaworthy ${line}`,
      exec('fastify-seaworthy', ...line.split(' ')),
      app,
      env,
      results
    )
  }
  if (existsSync(join(app, 'node_modules'))) {
    for (const file of files) t.ok(globSync(file, { cwd: app }).length > 0, file)
  }
}

t.setTimeout(1_800_000)

// For a command that is not installed, `npx` fetches the package of that name, from any publisher.
t.test('every command of the documents is a package of ours', async (t) => {
  for (const { path, text } of documents) {
    t.strictSame(
      instructionsOf(text).commands.filter((command) => !packageNames.includes(command)),
      [],
      path
    )
  }
})

t.test('the install lines of the documents', async (t) => {
  await installTools()
  const registry = await releaseLocally(t)
  const path = `${dirname(execPath)}:${registry.env.PATH}`

  for (const manager of managers) {
    const skip = manager.missing === undefined ? false : `needs ${manager.missing}`
    await t.test(manager.name, { skip, timeout: 900_000 }, async (t) => {
      for (const { names, documents } of apps(manager.strict)) {
        await t.test(names.join(' '), { timeout: 600_000 }, async (t) => {
          const app = temporaryFolder(t, 'app')
          const env = { ...registry.env, ...environment, PATH: path, ...manager.env?.(registry) }
          writeFiles(app, {
            'package.json': JSON.stringify({ name: 'app', version: '1.0.0', private: true }),
            ...manager.files?.(registry)
          })
          const failed = failure(manager.add(names), app, env)
          if (!t.ok(failed === '', 'installs', { failed: failed.slice(0, 3000) })) return
          const { dependencies } = JSON.parse(readFileSync(join(app, 'package.json'), 'utf8')) as {
            dependencies: Record<string, string>
          }
          t.strictSame(unique(Object.keys(dependencies)), names)
          const results: Results = new Map()
          // With the first manager each module runs in a process of its own.
          if (manager !== managers[0]) runTogether(documents, app, manager, env, results)
          for (const document of documents) {
            await t.test(document.path, async (t) =>
              checkInstructions(t, document, app, manager, env, results)
            )
          }
        })
      }
    })
  }
})
