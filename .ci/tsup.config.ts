import { readFileSync, rmSync } from 'node:fs'
import { defineConfig, type Options } from 'tsup'
// @ts-expect-error -- a script
import { writeChunks } from './chunks.mjs'
// @ts-expect-error -- a script
import { entriesOf, packages, privateNames } from './packages.mjs'

// One build for all packages is three times faster than one each. BUILD=health,auth builds some.
const only = process.env.BUILD?.split(',')
const outDir = process.env.BUILD_OUT ?? 'packages'
const names = (packages as { folder: string }[])
  .map(({ folder }) => folder.replace('packages/', ''))
  .filter((name) => !only || only.includes(name))
for (const name of names) rmSync(`${outDir}/${name}/dist`, { recursive: true, force: true })

const entries: Record<string, string> = {}
/** In CommonJS, which is what a start reads, the index is split, which esbuild does not do well enough. */
const besideIndex: Record<string, string> = {}
for (const name of names) {
  const manifest = JSON.parse(readFileSync(`packages/${name}/package.json`, 'utf8'))
  await writeChunks(name, `${outDir}/${name}/dist`)
  for (const entry of entriesOf(manifest) as string[]) {
    entries[`${name}/dist/${entry}`] = `packages/${name}/src/${entry}.ts`
    if (entry !== 'index') besideIndex[`${name}/dist/${entry}`] = `packages/${name}/src/${entry}.ts`
  }
}

const common = {
  outDir,
  tsconfig: '.ci/tsconfig.build.json',
  splitting: false,
  external: [new RegExp(`^(?!(?:${privateNames.join('|')})$)[^./]`)],
  noExternal: privateNames,
  sourcemap: true,
  target: 'node22',
  platform: 'node',
  esbuildPlugins: [
    {
      // Files beside the one that is built. The first is for both formats and is copied; bundlers of users follow it.
      name: 'siblings',
      setup({ onResolve }) {
        onResolve({ filter: /\/console-assets\.cjs$/ }, () => ({
          path: './console-assets.cjs',
          external: true
        }))
        onResolve({ filter: /^\.\/[\w-]+\.js$/ }, ({ path }) => ({
          path: path.replace(/\.js$/, '.cjs'),
          external: true
        }))
      }
    }
  ]
} satisfies Options

export default defineConfig([
  {
    ...common,
    entry: entries,
    format: 'esm',
    esbuildOptions(options) {
      options.conditions = ['@seaworthy/source']
    }
  },
  {
    ...common,
    entry: besideIndex,
    format: 'cjs',
    esbuildOptions(options) {
      options.conditions = ['@seaworthy/source']
      // Node parses this code at each start. Names stay, for stack traces; lines stay short, because Node prints the line
      // of an uncaught error.
      options.minifyWhitespace = true
      options.minifySyntax = true
      options.lineLimit = 80
      options.legalComments = 'none'
      options.define = { ...options.define, 'import.meta.url': 'moduleUrl' }
      options.inject = [...(options.inject ?? []), '.ci/module-url.mjs']
    },
    footer: {
      js: 'if (module.exports.default) module.exports = Object.assign(module.exports.default, module.exports);'
    }
  }
])
