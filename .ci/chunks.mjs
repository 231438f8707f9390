// Writes the CommonJS of each package's `src/index.ts`, which is what a start reads, and splits it: what a module asks for
// with `import()`, or a `.cjs` file with a `require` inside a function, becomes a file of its own, which costs nothing until
// it is used. Rollup decides what goes where: esbuild would make a file of each combination of users, and a start would
// read all of them. It would also define a getter for each export.
import { existsSync, readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { dirname, join, relative, resolve } from 'node:path'
import { rollup } from 'rollup'
import { minify } from 'terser'
import { privateNames } from './packages.mjs'

const root = resolve(import.meta.dirname, '..')
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

/**
 * The file's own address. In an ES module that a bundler made of such a file `__filename` may be missing, and the bundle
 * must not fail as soon as it is loaded.
 */
const ownAddress = {
  name: 'own-address',
  resolveImportMeta: (property) =>
    property === 'url'
      ? `require('node:url').pathToFileURL(typeof __filename === 'string' ? __filename : (process.argv[1] ?? process.execPath)).href`
      : null
}

/** A name from the path in the package: `sessions/register.ts` is `sessions`. */
function fileName({ facadeModuleId, moduleIds }, folder) {
  const path = relative(join(folder, 'src'), facadeModuleId ?? moduleIds.at(-1)).replaceAll('\\', '/')
  return `${path
    .replace(/\.\w+$/, '')
    .replace(/\/(register|index)$/, '')
    .replace(/^(?:\.\.\/)+(\w+)\/src\//, '$1-')
    .replaceAll('/', '-')}.cjs`
}

/** `module.exports` of an index is the plugin, with all exports as its members. */
const pluginAsExports = {
  name: 'plugin-as-exports',
  renderChunk(code, { isEntry }) {
    if (!isEntry) return null
    const line = /^exports\.(\w+) = ([\w$.]+);\n?/gm
    const members = [...code.matchAll(line)].map(([, name, value]) => `  ${name}: ${value}`)
    const [, plugin] = /^exports\.default = ([\w$.]+);/m.exec(code)
    const assigned = `module.exports = Object.assign(${plugin}, {\n${members.join(',\n')}\n})\n`
    return { code: `${code.replace(line, '')}\n${assigned}`, map: null }
  }
}

/** A line for tools that read the names of exports. */
const namesOfExports = {
  name: 'names-of-exports',
  renderChunk(code, { isEntry, exports }) {
    if (!isEntry) return null
    const names = exports.map((name) => `${name}: 0`).join(', ')
    return { code: `${code}\n0 && (module.exports = { ${names} })\n`, map: null }
  }
}

/** The nodes of a type in a syntax tree. */
function nodesOf(type, node, found = []) {
  if (node?.type === type) found.push(node)
  for (const child of Object.values(node ?? {})) if (typeof child === 'object') nodesOf(type, child, found)
  return found
}

/**
 * Node parses this code at each start, so it has no white space and short local names. Names of functions and classes stay
 * for stack traces, and lines stay short, because Node prints the line of an uncaught error.
 *
 * Traces have private methods too, whose names terser would shorten: here they have a name of the same length that is not
 * private, which is used nowhere else.
 */
const minified = {
  name: 'minified',
  async renderChunk(code) {
    const isFree = (name) => !code.includes(name)
    const standIn = (name) => {
      const free = ['$', '_', 'Q'].map((sign) => sign + name).find(isFree)
      if (free === undefined) throw new Error(`no name is free to stand for #${name}`)
      return free
    }
    const names = new Map()
    let named = code
    const tree = this.parse(code)
    for (const { start, end, name } of nodesOf('PrivateIdentifier', tree)) {
      if (!names.has(name)) names.set(name, standIn(name))
      named = named.slice(0, start) + names.get(name) + named.slice(end)
    }
    // terser keeps the names of `const name = function`, not those of classes.
    const reserved = nodesOf('VariableDeclarator', tree)
      .filter(({ init }) => init?.type === 'ClassExpression')
      .map(({ id }) => id.name)
    const { code: short, map } = await minify(named, {
      toplevel: true,
      keep_fnames: true,
      keep_classnames: true,
      mangle: { reserved },
      // No function is moved to where it is used: it would be missing from stack traces, or nameless.
      compress: { inline: false, reduce_vars: false, collapse_vars: false },
      format: { ascii_only: true, max_line_len: 80, comments: false },
      sourceMap: true
    })
    const restored = [...names].reduce(
      (text, [name, other]) => text.replace(new RegExp(`(?<![\\w$])\\${other}(?![\\w$])`, 'g'), `#${name}`),
      short
    )
    return { code: restored, map }
  }
}

/** Writes the CommonJS behind the package's index to `dir`. */
export async function writeChunks(name, dir) {
  const folder = join(root, 'packages', name)
  const entry = join(folder, 'src/index.ts')
  if (!existsSync(entry)) return
  const bundle = await rollup({
    input: entry,
    external: (id) => /^[^./]/.test(id) && !privateNames.includes(id),
    plugins: [typescript, lazyRequire, requireChunks, ownAddress, pluginAsExports, minified, namesOfExports],
    preserveEntrySignatures: 'strict',
    onwarn({ code, message }) {
      throw new Error(`${name}: ${code}: ${message}`)
    }
  })
  await bundle.write({
    dir,
    format: 'cjs',
    exports: 'named',
    interop: 'default',
    esModule: false,
    externalLiveBindings: false,
    generatedCode: { preset: 'es2015', symbols: false },
    sourcemap: true,
    hoistTransitiveImports: false,
    entryFileNames: (chunk) => (chunk.facadeModuleId === entry ? 'index.cjs' : fileName(chunk, folder)),
    chunkFileNames: (chunk) =>
      chunk.moduleIds.includes(join(folder, 'src/plugin.ts')) ? 'main.cjs' : fileName(chunk, folder)
  })
  await bundle.close()
}
