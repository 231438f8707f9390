// node .ci/declarations.mjs OUT NAME …: the declarations of these packages, a file an entry, which stand alone: types of
// private packages are in them, what is a dependency is imported. CommonJS gets the same text, which `cjs-interop` mends.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'
import { rollup } from 'rollup'
import { dts } from 'rollup-plugin-dts'
import ts from 'typescript'
import { entriesOf, privateNames } from './packages.mjs'

const [out, ...names] = process.argv.slice(2)
const entries = names.flatMap((name) => {
  const manifest = JSON.parse(readFileSync(`packages/${name}/package.json`, 'utf8'))
  return entriesOf(manifest).map((entry) => ({ name, entry }))
})

/** Where private packages have their types, in sources or in declarations. */
const pathsTo = (folder, ending) =>
  Object.fromEntries(
    privateNames.map((name) => [name, [resolve(folder, name.split('/')[1], `src/index.${ending}`)]])
  )

// A program for all entries: the bundler would make one for each, and read the types of Node and Fastify in each.
const emitted = mkdtempSync(join(tmpdir(), 'declarations-'))
process.once('exit', () => rmSync(emitted, { recursive: true, force: true }))
const tsconfig = `${import.meta.dirname}/tsconfig.build.json`
const { options, errors, fileNames } = ts.parseJsonConfigFileContent(
  {
    extends: tsconfig,
    compilerOptions: {
      declaration: true,
      emitDeclarationOnly: true,
      skipLibCheck: true,
      preserveSymlinks: true,
      target: 'esnext',
      customConditions: ['@seaworthy/source'],
      paths: pathsTo('packages', 'ts'),
      rootDir: resolve('packages'),
      outDir: emitted
    },
    files: entries.map(({ name, entry }) => resolve(`packages/${name}/src/${entry}.ts`))
  },
  ts.sys,
  process.cwd()
)
if (errors.length > 0) throw new Error(ts.flattenDiagnosticMessageText(errors[0].messageText, '\n'))
const program = ts.createProgram(fileNames, options)
const inPackages = resolve('packages')
for (const file of program.getSourceFiles()) {
  // Written by hand, beside a file that loads others when they are needed.
  if (file.fileName.endsWith('.d.cts') && !relative(inPackages, file.fileName).includes('node_modules')) {
    const copy = join(emitted, relative(inPackages, file.fileName))
    mkdirSync(dirname(copy), { recursive: true })
    writeFileSync(copy, file.text)
  }
  if (file.isDeclarationFile || program.isSourceFileFromExternalLibrary(file)) continue
  // The last argument, which its types leave out, is for declarations alone: types are checked elsewhere.
  const { emitSkipped } = program.emit(file, undefined, undefined, true, undefined, true)
  if (emitSkipped) throw new Error(`${file.fileName} has no declarations`)
}

// A specifier names the source of a module, or what that compiles to.
const siblings = {
  name: 'siblings',
  resolveId: (id, importer) =>
    importer && /^\.{1,2}\//.test(id)
      ? resolve(dirname(importer), id.replace(/\.(c?)[jt]s$/, '.d.$1ts'))
      : undefined
}
const plugin = dts({ tsconfig, compilerOptions: { paths: pathsTo(emitted, 'd.ts') } })
for (const { name, entry } of entries) {
  const bundle = await rollup({
    input: `${emitted}/${name}/src/${entry}.d.ts`,
    external: (id) => /^[^./]/.test(id) && !privateNames.includes(id),
    plugins: [siblings, plugin],
    onwarn({ code, message }) {
      if (code !== 'EMPTY_BUNDLE') throw new Error(`${name}/${entry}: ${code}: ${message}`)
    }
  })
  const { output } = await bundle.generate({ format: 'es' })
  await bundle.close()
  mkdirSync(`${out}/${name}/dist`, { recursive: true })
  for (const ending of ['d.ts', 'd.cts'])
    writeFileSync(`${out}/${name}/dist/${entry}.${ending}`, output[0].code)
}
