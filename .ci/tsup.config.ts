import { readFileSync, rmSync } from 'node:fs'
import { defineConfig } from 'tsup'
// @ts-expect-error -- a script
import { entriesOf, packages, privateNames } from './packages.mjs'

// One build for all packages is three times faster than one each. BUILD=health,auth builds some.
const only = process.env.BUILD?.split(',')
const outDir = process.env.BUILD_OUT ?? 'packages'
const names = (packages as { folder: string }[])
  .map(({ folder }) => folder.replace('packages/', ''))
  .filter((name) => !only || only.includes(name))
for (const name of names) rmSync(`${outDir}/${name}/dist`, { recursive: true, force: true })

const entries = names.flatMap((name) => {
  const manifest = JSON.parse(readFileSync(`packages/${name}/package.json`, 'utf8'))
  return (entriesOf(manifest) as string[]).map((entry) => [
    `${name}/dist/${entry}`,
    `packages/${name}/src/${entry}.ts`
  ])
})

export default defineConfig({
  entry: Object.fromEntries(entries),
  outDir,
  tsconfig: '.ci/tsconfig.build.json',
  format: ['esm', 'cjs'],
  splitting: false,
  external: [new RegExp(`^(?!(?:${privateNames.join('|')})$)[^./]`)],
  noExternal: privateNames,
  sourcemap: true,
  target: 'node22',
  platform: 'node',
  esbuildPlugins: [
    {
      // One file for both formats, which bundlers of users follow. The build copies it.
      name: 'console-assets',
      setup({ onResolve }) {
        onResolve({ filter: /\/console-assets\.cjs$/ }, () => ({
          path: './console-assets.cjs',
          external: true
        }))
      }
    }
  ],
  esbuildOptions(options, { format }) {
    options.conditions = ['@seaworthy/source']
    if (format !== 'cjs') return
    // Node parses this code at each start. Names stay, for stack traces; lines stay short, because Node prints the line of an
    // uncaught error.
    options.minifyWhitespace = true
    options.minifySyntax = true
    options.lineLimit = 80
    options.legalComments = 'none'
    options.define = { ...options.define, 'import.meta.url': 'moduleUrl' }
    options.inject = [...(options.inject ?? []), '.ci/module-url.mjs']
  },
  footer: ({ format }) =>
    format === 'cjs'
      ? {
          js: 'if (module.exports.default) module.exports = Object.assign(module.exports.default, module.exports);'
        }
      : {}
})
