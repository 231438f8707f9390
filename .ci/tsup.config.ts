import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { defineConfig } from 'tsup'

// One build for all packages is three times faster than one each. BUILD=health,auth builds some.
const only = process.env.BUILD?.split(',')
const names = readdirSync('packages').filter((name) => {
  const manifest = `packages/${name}/package.json`
  if (!existsSync(manifest) || (only && !only.includes(name))) return false
  return existsSync(`packages/${name}/src/index.ts`) && !JSON.parse(readFileSync(manifest, 'utf8')).private
})
const outDir = process.env.BUILD_OUT ?? 'packages'
for (const name of names) rmSync(`${outDir}/${name}/dist`, { recursive: true, force: true })

/** `src/index.ts`, and each further entry that the package names in `"seaworthy": { "entries": [...] }`. */
const entries = names.flatMap((name) => {
  const { seaworthy } = JSON.parse(readFileSync(`packages/${name}/package.json`, 'utf8'))
  return ['index', ...(seaworthy?.entries ?? [])].map((entry) => [
    `${name}/dist/${entry}`,
    `packages/${name}/src/${entry}.ts`
  ])
})

export default defineConfig({
  entry: Object.fromEntries(entries),
  outDir,
  tsconfig: '.ci/tsconfig.build.json',
  format: ['esm', 'cjs'],
  dts: { resolve: ['@seaworthy/contract'] },
  splitting: false,
  // `import.meta.url` in the CommonJS files too.
  shims: true,
  external: [/^[^./](?!eaworthy\/contract)/],
  noExternal: ['@seaworthy/contract'],
  sourcemap: true,
  target: 'node22',
  platform: 'node',
  esbuildOptions(options) {
    options.conditions = ['@seaworthy/source']
  },
  footer: ({ format }) =>
    format === 'cjs'
      ? {
          js: 'if (module.exports.default) module.exports = Object.assign(module.exports.default, module.exports);'
        }
      : {}
})
