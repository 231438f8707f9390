// The view of a user's compiler: the samples of the documents and the type tests, against the packed packages.
import { globSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { installedApp, packageNames, root, writeFiles } from '@seaworthy/testing'
import t from 'tap'
import { awaitsAtTop, documents as readmes, importsOf, pages } from './documents.ts'
import { compileAll, type Module, type Program, type Version, type Resolution } from './compilers.ts'
import { installTools } from './tools.ts'

const documents = [...readmes, ...pages]

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

/** The oldest and the newest compiler; those between in turn, because each run costs seconds. */
function versionsFor({ text, foreign }: Module, index: number): Version[] {
  const between = index % 2 === 0 ? '5.9' : '6.0'
  if (foreign === true) return ['7.0']
  // The declarations of this package need TypeScript 5.6, without ours too.
  return text.includes('fastify-type-provider-zod') ? [between, '7.0'] : ['5.5', between, '7.0']
}

/** All that modules import, down to the paths. */
const specifiersOf = (modules: readonly Module[]): string =>
  [
    ...new Set(
      modules.flatMap(({ text }) =>
        [...text.matchAll(/(?:from|import|import\(|require\()\s*'([^']+)'/g)].map(([, name = '']) => name)
      )
    )
  ]
    .toSorted()
    .join(' ')

const isOf = (error: string, path: string): boolean => error.startsWith(`${path}:`)

const first = (errors: readonly string[]): string[] => errors.filter((error) => !error.startsWith('proof:'))

t.setTimeout(3_600_000)

t.test('every sample imports only what its document has named in an install line', async (t) => {
  for (const { samples, installs } of documents) {
    const allowedNames = new Set(['fastify', ...installs])
    for (const { at, text } of samples) {
      t.strictSame(
        importsOf(text).filter((name) => !allowedNames.has(name)),
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
  const programsTogether = combinations.map(([version, resolution, format]): Program => {
    const commonJs = format === 'CommonJS'
    return { version, resolution, commonJs, modules: together(commonJs ? 'cts' : 'mts') }
  })
  const alone = [...samples, ...typeTests]
    .filter(({ alone }) => alone)
    .map((module, index) => ({
      module,
      programs: versionsFor(module, index).map((version): Program => ({
        version,
        resolution: 'nodenext',
        modules: [module],
        commonJs: module.ending === 'cts'
      }))
    }))
  // Documents that import the same see the same types, so one program has all of them.
  const byImports = [
    ...Map.groupBy(
      documents
        .map(({ path }) => samples.filter(({ source, alone }) => source === path && !alone))
        .filter((modules) => modules.length > 0),
      specifiersOf
    ).values()
  ].map((groups): Program => ({ version: '7.0', resolution: 'nodenext', modules: groups.flat() }))
  const errors = await compileAll(app, [
    ...programsTogether,
    ...alone.flatMap(({ programs }) => programs),
    ...byImports
  ])

  for (const [index, program] of programsTogether.entries()) {
    await t.test(`TypeScript ${combinations[index]!.join(', ')}`, async (t) => {
      const found = errors.get(program) ?? []
      t.match(
        found.filter((error) => error.startsWith('proof:')),
        [/^proof:6 TS2322: Type 'Health'/],
        'what must not compile does not'
      )
      t.strictSame(first(found), [], `${program.modules.length - 1} modules compile`)
    })
  }

  for (const { module, programs } of alone) {
    await t.test(`${module.source}, in a program of its own`, async (t) => {
      for (const program of programs) t.strictSame(errors.get(program), [], `TypeScript ${program.version}`)
    })
  }

  await t.test('each document needs no types but those of what it imports', async (t) => {
    for (const program of byImports) {
      const found = errors.get(program) ?? ['the program was not compiled']
      const paths = new Set(program.modules.map(({ source }) => source))
      for (const path of paths) {
        t.strictSame(
          found.filter((error) => isOf(error, path) || ![...paths].some((other) => isOf(error, other))),
          [],
          path
        )
      }
    }
  })
})
