// The view of a user's compiler: the samples of the documents and the type tests, against the packed packages.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { globSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { installedApp, packageNames, root, writeFiles } from '@seaworthy/testing'
import t from 'tap'
import { awaitsAtTop, documents as readmes, importsOf, pages } from './documents.ts'
import { installTools, tsc, type typescripts } from './tools.ts'

const documents = [...readmes, ...pages]

/** A module that must compile. */
interface Module {
  /** Its file in the app, without the ending. */
  readonly file: string
  readonly ending: 'mts' | 'cts'
  readonly text: string
  /** Where it comes from, and which line of that is its first. */
  readonly source: string
  readonly line: number
  /** It declares types for the whole program, or imports a package that does, so it has a program of its own. */
  readonly alone: boolean
  /** It imports packages of others, whose own declarations may have errors that are not ours to find. */
  readonly foreign?: boolean
}

type Version = (typeof typescripts)[number]
type Resolution = 'node16' | 'nodenext' | 'bundler'
interface Manifest {
  dependencies?: Record<string, string>
  devDependencies?: Record<string, string>
  peerDependenciesMeta?: Record<string, object>
}

const asModule = (text: string): string =>
  /^(?:import|export)\b/m.test(text) ? text : `${text}\nexport {}\n`

const isForeign = (path: string, text: string): boolean =>
  path.startsWith('docs/') &&
  importsOf(text).some((name) => name !== 'fastify' && !packageNames.includes(name))

const samples: Module[] = documents.flatMap(({ samples }) =>
  samples.map(({ path, line, text }) => {
    const foreign = isForeign(path, text)
    return {
      file: `samples/${path.replaceAll('/', '-')}-${line}`,
      ending: 'mts',
      text: asModule(text),
      source: path,
      line,
      alone: foreign || /^declare module/m.test(text),
      foreign
    }
  })
)

// The samples as a CommonJS app has them, where they aren't ES modules by nature.
const commonJsSamples: Module[] = samples
  .filter(({ text, foreign }) => !foreign && !awaitsAtTop(text) && !text.includes('import.meta'))
  .map((module) => ({ ...module, ending: 'cts' }))

const typeTests: Module[] = globSync('packages/*/test-d/**/*.test-d.{mts,cts}', { cwd: root }).map((path) => {
  const text = readFileSync(join(root, path), 'utf8')
  const ending = path.endsWith('.mts') ? 'mts' : 'cts'
  return {
    file: `type-tests/${path.split('/')[1]}/${basename(path, `.${ending}`)}`,
    ending,
    text,
    source: path,
    line: 1,
    alone:
      /^declare (?:module|global)/m.test(text) || importsOf(text).some((name) => name.startsWith('@fastify/'))
  }
})

// It must fail in each program, or the programs prove nothing: `any` would take this, and so would an empty program.
const proof = `import Fastify from 'fastify'
import { seaworthy } from 'fastify-seaworthy'
const app = Fastify()
app.register(seaworthy)
export const check: Promise<void> | void = app.shutdown.onShutdown('database', async () => {}) as never
export const wrong: number = app.health
`
const proofs: Module[] = (['mts', 'cts'] as const).map((ending) => ({
  file: 'proof',
  ending,
  text: proof,
  source: 'proof',
  line: 1,
  alone: false
}))

const manifests = globSync('packages/*/package.json', { cwd: root }).map(
  (path) => JSON.parse(readFileSync(join(root, path), 'utf8')) as Manifest
)
const optionalPeers = new Set(
  manifests.flatMap(({ peerDependenciesMeta = {} }) => Object.keys(peerDependenciesMeta))
)

// Packages that type tests import besides those that the packages are developed with.
const others: Record<string, string> = {
  '@fastify/circuit-breaker': '4.0.3',
  'fastify-metrics': '14.1.0',
  typebox: '1.4.3',
  '@fastify/auth': '5.1.1',
  '@fastify/session': '11.1.3',
  '@fastify/type-provider-typebox': '6.3.0',
  '@sinclair/typebox': '0.34.52',
  'expect-type': '1.4.0',
  'fastify-type-provider-zod': '7.0.0',
  // Both of the majors that the options take.
  ioredis5: 'npm:ioredis@5.8.2',
  ioredis6: 'npm:ioredis@6.0.0',
  zod: '4.6.7'
}

function versionOf(name: string): string {
  const versions = manifests.flatMap(({ devDependencies, dependencies }) => [
    devDependencies?.[name],
    dependencies?.[name]
  ])
  const version = versions.find((version) => version !== undefined) ?? others[name]
  if (version === undefined) throw new Error(`a type test imports ${name}, whose version is named nowhere`)
  return `${name}@${version}`
}

const imported = [...new Set([...samples, ...typeTests].flatMap(({ text }) => importsOf(text)))].filter(
  (name) => !packageNames.includes(name)
)
const ordinary = new Set([
  'fastify',
  '@types/node',
  'expect-type',
  ...[...documents, ...pages].flatMap(({ installs }) =>
    installs.filter((name) => name.startsWith('@types/'))
  ),
  ...imported.filter((name) => !optionalPeers.has(name))
])
const peers = imported.filter((name) => optionalPeers.has(name))

interface Program {
  version: Version
  resolution: Resolution
  modules: readonly Module[]
  /** As `import x = require()` needs it, and as `import x from` needs it in CommonJS. */
  commonJs?: boolean
}

let programs = 0

/** Compiles modules in one program; resolves with its errors, each with the place in the document that it comes from. */
async function errorsOf(
  app: string,
  { version, resolution, modules, commonJs = false }: Program
): Promise<string[]> {
  const module = { node16: 'node16', nodenext: 'nodenext', bundler: commonJs ? 'commonjs' : 'esnext' }[
    resolution
  ]
  // In CommonJS both flags forbid what others ask for there: `import x = require()`, or any `import x from`.
  const esm = { verbatimModuleSyntax: true, ...(version !== '5.5' && { erasableSyntaxOnly: true }) }
  const compilerOptions = {
    noEmit: true,
    target: 'es2022',
    lib: ['es2023'],
    types: ['node'],
    module,
    moduleResolution: resolution,
    esModuleInterop: true,
    // A module alone is checked against all declarations by the newest compiler: the others do that for all modules together.
    skipLibCheck: modules.some(({ alone, foreign }) => foreign === true || (alone && version !== '7.0')),
    strict: true,
    exactOptionalPropertyTypes: true,
    isolatedModules: true,
    ...(!commonJs && esm)
  }
  const files = modules.map(({ file, ending }) => `${file}.${ending}`)
  const project = join(app, `tsconfig.${++programs}.json`)
  writeFileSync(project, JSON.stringify({ compilerOptions, files }))

  // The test runner puts a preload into Node programs that changes how they load modules; `env` takes it out.
  const node = ['-u', 'NODE_OPTIONS', process.execPath]
  const child = spawn('env', [...node, tsc(version), '--project', project, '--pretty', 'false'], {
    cwd: app,
    stdio: ['ignore', 'pipe', 'inherit']
  })
  const output: string[] = []
  child.stdout.setEncoding('utf8').on('data', (text: string) => output.push(text))
  const [code] = (await once(child, 'close')) as [number]
  const lines = output.join('').split('\n').filter(Boolean)
  if (code !== 0 && lines.length === 0) throw new Error(`tsc ${version} ended with ${code} and said nothing`)
  const byFile = new Map(modules.map((module) => [`${module.file}.${module.ending}`, module]))
  // Lines that go on with an error are indented.
  return lines
    .filter((line) => !line.startsWith(' '))
    .map((line) => {
      const [, file = '', row = '', rest = ''] = /^(.+?)\((\d+),\d+\): error (.*)$/.exec(line) ?? []
      const module = byFile.get(file)
      return module === undefined ? line : `${module.source}:${module.line + Number(row) - 1} ${rest}`
    })
}

/** The oldest and the newest compiler; those between in turn, because each run costs seconds. */
function versionsFor({ text, foreign }: Module, index: number): Version[] {
  const between = index % 2 === 0 ? '5.9' : '6.0'
  if (foreign === true) return ['7.0']
  // The declarations of this package need TypeScript 5.6, without ours too.
  return text.includes('fastify-type-provider-zod') ? [between, '7.0'] : ['5.5', between, '7.0']
}

const first = (errors: readonly string[]): string[] => errors.filter((error) => !error.startsWith('proof:'))

t.setTimeout(3_600_000)

t.test('every sample imports only what its document has named in an install line', async (t) => {
  for (const { samples, installs } of documents) {
    const known = new Set(['fastify', ...installs])
    for (const { at, text } of samples) {
      t.strictSame(
        importsOf(text).filter((name) => !known.has(name)),
        [],
        at
      )
    }
  }
})

t.test("the packed packages, in a user's TypeScript", async (t) => {
  await installTools()
  const app = await installedApp(t, {
    packages: [...packageNames, ...[...ordinary].map(versionOf)],
    manifest: { type: 'module' }
  })
  const modules = [...samples, ...commonJsSamples, ...typeTests, ...proofs]
  writeFiles(app, Object.fromEntries(modules.map(({ file, ending, text }) => [`${file}.${ending}`, text])))

  // Type tests may show optional peers; our declarations must do without, so those aren't where they would find them.
  if (peers.length > 0) {
    const beside = await installedApp(t, { packages: ['fastify', ...peers].map(versionOf) })
    for (const name of peers) {
      const link = join(app, 'type-tests/node_modules', name)
      mkdirSync(dirname(link), { recursive: true })
      symlinkSync(join(beside, 'node_modules', name), link)
    }
  }

  const together = (ending: 'mts' | 'cts') =>
    [...(ending === 'mts' ? samples : commonJsSamples), ...typeTests, ...proofs].filter(
      (module) => module.ending === ending && !module.alone
    )

  const combinations: (readonly [Version, Resolution, 'ESM' | 'CommonJS'])[] = [
    ['5.5', 'node16', 'ESM'],
    ['5.5', 'bundler', 'ESM'],
    ['5.5', 'nodenext', 'CommonJS'],
    ['5.9', 'nodenext', 'ESM'],
    ['5.9', 'bundler', 'ESM'],
    ['5.9', 'node16', 'CommonJS'],
    ['6.0', 'node16', 'ESM'],
    ['6.0', 'nodenext', 'ESM'],
    ['6.0', 'bundler', 'CommonJS'],
    ['7.0', 'node16', 'ESM'],
    ['7.0', 'nodenext', 'ESM'],
    ['7.0', 'bundler', 'ESM'],
    ['7.0', 'nodenext', 'CommonJS']
  ]
  for (const [version, resolution, format] of combinations) {
    await t.test(`TypeScript ${version}, ${resolution}, ${format}`, async (t) => {
      const commonJs = format === 'CommonJS'
      const modules = together(commonJs ? 'cts' : 'mts')
      const errors = await errorsOf(app, { version, resolution, modules, commonJs })
      t.match(
        errors.filter((error) => error.startsWith('proof:')),
        [/^proof:6 TS2322: Type 'Health'/],
        'what must not compile does not'
      )
      t.strictSame(first(errors), [], `${modules.length - 1} modules compile`)
    })
  }

  for (const [index, module] of [...samples, ...typeTests].filter(({ alone }) => alone).entries()) {
    await t.test(`${module.source}, in a program of its own`, async (t) => {
      for (const version of versionsFor(module, index)) {
        const commonJs = module.ending === 'cts'
        const errors = await errorsOf(app, { version, resolution: 'nodenext', modules: [module], commonJs })
        t.strictSame(errors, [], `TypeScript ${version}`)
      }
    })
  }

  await t.test('each document needs no types but those of what it imports', async (t) => {
    for (const { path } of documents) {
      const modules = samples.filter(({ source, alone }) => source === path && !alone)
      if (modules.length === 0) continue
      t.strictSame(await errorsOf(app, { version: '7.0', resolution: 'nodenext', modules }), [], path)
    }
  })
})
