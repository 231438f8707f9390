// Bundles the operators' page, packages/observability/console, into one file beside the sources, if that is not in place.
//   node .ci/console.mjs
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { brotliCompressSync, constants } from 'node:zlib'

const root = join(import.meta.dirname, '..')
const folder = join(root, 'packages/observability')
const output = join(folder, 'src/console/console-assets.cjs')

const newest = (files) => Math.max(...files.map((file) => statSync(file).mtimeMs))

/** The compressed script and style. */
export async function buildConsole() {
  // tsup's own.
  const tsup = createRequire(join(root, 'package.json')).resolve('tsup')
  const { build } = createRequire(tsup)('esbuild')
  const { outputFiles } = await build({
    entryPoints: [join(folder, 'console/main.tsx')],
    tsconfig: join(folder, 'console/tsconfig.json'),
    absWorkingDir: folder,
    outdir: 'console',
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: ['chrome109', 'firefox115', 'safari16'],
    legalComments: 'inline'
  })
  const compressed = (extension) => {
    const { contents } = outputFiles.find(({ path }) => path.endsWith(extension))
    return brotliCompressSync(contents, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } })
  }
  return { script: compressed('.js'), style: compressed('.css') }
}

const inputs = [
  import.meta.filename,
  join(root, 'pnpm-lock.yaml'),
  ...readdirSync(join(folder, 'console'), { recursive: true }).map((file) => join(folder, 'console', file)),
  join(folder, 'src/console/types.ts')
]
if (!existsSync(output) || statSync(output).mtimeMs < newest(inputs)) {
  const { script, style } = await buildConsole()
  const text = { script: script.toString('base64'), style: style.toString('base64') }
  writeFileSync(output, `module.exports = ${JSON.stringify(text)}\n`)
}
