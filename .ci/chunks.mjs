// Splits the code behind each package's `src/index.ts`: what a module asks for with `import()`, or a `.cjs` file with a
// `require` inside a function, becomes a file of its own, which costs nothing until it is used. Rollup decides what goes
// where: esbuild would make a file of each combination of users, and a start would read all of them.
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { dirname, join, relative, resolve } from 'node:path'
import { rollup } from 'rollup'
import { privateNames } from './packages.mjs'

const root = resolve(import.meta.dirname, '..')
/** For this process alone: builds run side by side. */
const out = join(root, 'node_modules/.cache/seaworthy-chunks', `${process.pid}`)
process.once('exit', () => rmSync(out, { recursive: true, force: true }))
const sourceOf = (name) => join(root, 'packages', name.split('/')[1], 'src/index.ts')

/**
 * The `.cjs` files that hold `require`s, as ES modules, because the rest of the build understands those. For Rollup a lazy
 * `require` of a source is an `import()`, until the result is written.
 */
const lazyRequire = {
  name: 'lazy-require',
  transform(code, id) {
    if (!id.endsWith('.cjs')) return null
    const names = [...code.matchAll(/^exports\.(\w+) =/gm)].map(([, name]) => name)
    const body = code
      .replace(/^'use strict'\n/, '')
      .replace(/^exports\.(\w+) =/gm, 'const $1 =')
      .replace(/require\((?='\.)/g, 'import(')
    return { code: `${body}\nexport { ${names.join(', ')} }\n`, map: null, moduleSideEffects: false }
  },
  renderDynamicImport: ({ moduleId }) => (moduleId.endsWith('.cjs') ? { left: 'require(', right: ')' } : null)
}

/**
 * The target of an `import()` is read with `require`, because Node's loader of ES modules finds no file of an archive: Yarn's
 * Plug'n'Play has packages in such. Inside of `try`, so that bundlers take a package that is not installed for optional.
 */
const requireChunks = {
  name: 'require-chunks',
  renderDynamicImport: ({ moduleId, targetModuleId }) =>
    targetModuleId === null || moduleId.endsWith('.cjs')
      ? null
      : {
          left: 'new Promise((resolve, reject) => { try { resolve(require(',
          right: ')) } catch (error) { reject(error) } })'
        }
}

const typescript = {
  name: 'typescript',
  resolveId(id, importer) {
    if (privateNames.includes(id)) return sourceOf(id)
    if (id.endsWith('/console-assets.cjs')) return { id: './console-assets.cjs', external: true }
    return id.startsWith('.') ? resolve(dirname(importer), id) : null
  },
  load(id) {
    const code = readFileSync(id, 'utf8')
    // Types become white space, so that every position stays.
    return { code: id.endsWith('.ts') ? stripTypeScriptTypes(code) : code, moduleSideEffects: false }
  }
}

/** A name from the path in the package: `sessions/register.ts` is `sessions`. */
function fileName({ facadeModuleId, moduleIds }, folder) {
  const path = relative(join(folder, 'src'), facadeModuleId ?? moduleIds.at(-1)).replaceAll('\\', '/')
  return `${path
    .replace(/\.\w+$/, '')
    .replace(/\/(register|index)$/, '')
    .replace(/^(?:\.\.\/)+(\w+)\/src\//, '$1-')
    .replaceAll('/', '-')}.js`
}

/**
 * The CommonJS of an index that only hands on what `main` has: written here, because the helpers of a bundler would be most
 * of it.
 */
function facade({ code }) {
  const [, list, rest] = /^export \{ (.*) \} from '\.\/main\.js';\s*((?:\/\/.*\s*)?)$/.exec(code) ?? []
  if (list === undefined || (rest !== '' && !rest.startsWith('//# sourceMappingURL='))) return undefined
  const names = list.split(', ').map((pair) => pair.split(' as ').toReversed())
  const members = names.map(([as, name = as]) => `  ${as}: main.${name}`).join(',\n')
  const [, plugin] = names.find(([as]) => as === 'default')
  // The last line is for tools that read the names of exports.
  return `'use strict'
const main = require('./main.cjs')
module.exports = Object.assign(main.${plugin}, {
${members}
})
0 && (module.exports = { ${names.map(([as]) => `${as}: 0`).join(', ')} })
`
}

/**
 * @returns {Promise<{ files: Record<string, string>, index: string | undefined }>} By name in `dist`, the files that stand
 *   for the package's index, and the text of the index if it is written already.
 */
export async function chunksOf(name) {
  const folder = join(root, 'packages', name)
  const entry = join(folder, 'src/index.ts')
  if (!existsSync(entry)) return { files: {} }
  const dir = join(out, name)
  const bundle = await rollup({
    input: entry,
    external: (id) => /^[^./]/.test(id) && !privateNames.includes(id),
    plugins: [typescript, lazyRequire, requireChunks],
    preserveEntrySignatures: 'strict',
    onwarn({ code, message }) {
      throw new Error(`${name}: ${code}: ${message}`)
    }
  })
  const { output } = await bundle.write({
    dir,
    format: 'es',
    sourcemap: 'inline',
    hoistTransitiveImports: false,
    entryFileNames: (chunk) => (chunk.facadeModuleId === entry ? 'index.js' : fileName(chunk, folder)),
    chunkFileNames: (chunk) =>
      chunk.moduleIds.includes(join(folder, 'src/plugin.ts')) ? 'main.js' : fileName(chunk, folder)
  })
  await bundle.close()
  const chunks = output.filter(({ type }) => type === 'chunk')
  const index = facade(chunks.find(({ fileName }) => fileName === 'index.js'))
  const files = chunks
    .map(({ fileName }) => fileName)
    .filter((file) => index === undefined || file !== 'index.js')
    .map((file) => [file.replace(/\.js$/, ''), join(dir, file)])
  return { files: Object.fromEntries(files), index }
}
