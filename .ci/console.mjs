// Bundles the operators' page, packages/observability/console, into one file beside the sources, if that is not in place.
// Runs at bootstrap, on the machine's own Node: 20 or later.
//   node .ci/console.mjs
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { brotliCompressSync, constants } from 'node:zlib'

const root = join(import.meta.dirname, '..')
const folder = join(root, 'packages/observability')
const output = join(folder, 'src/console/console-assets.cjs')
export const notices = 'THIRD-PARTY-NOTICES'

const newest = (files) => Math.max(...files.map((file) => statSync(file).mtimeMs))

/** The licences of the packages whose code is among the inputs of a bundle. */
function licences(inputs) {
  const folders = Object.keys(inputs).flatMap(
    (input) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input) ?? []
  )
  const texts = [...new Set(folders)].sort().map((path) => {
    const source = join(folder, path)
    const { name, version } = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'))
    const file = readdirSync(source).find((name) => /^(?:LICEN[CS]E|COPYING)/.test(name))
    if (file === undefined)
      throw new Error(`${name} is in the operators' page and has no file with its licence`)
    return `${name} ${version}\n\n${readFileSync(join(source, file), 'utf8').trim()}\n`
  })
  const head = "The operators' page of this package contains code of these packages.\n"
  return [head, ...texts].join(`\n${'-'.repeat(80)}\n\n`)
}

/** The compressed script and style, and the notices that must be shipped with them. */
export async function buildConsole() {
  // tsup's own.
  const tsup = createRequire(join(root, 'package.json')).resolve('tsup')
  const { build } = createRequire(tsup)('esbuild')
  const { outputFiles, metafile } = await build({
    entryPoints: [join(folder, 'console/main.tsx')],
    tsconfig: join(folder, 'console/tsconfig.json'),
    absWorkingDir: folder,
    outdir: 'console',
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: 'esm',
    target: ['chrome109', 'firefox115', 'safari16'],
    legalComments: 'inline'
  })
  const compressed = (extension) => {
    const { contents } = outputFiles.find(({ path }) => path.endsWith(extension))
    return brotliCompressSync(contents, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } })
  }
  return {
    script: compressed('.js'),
    style: compressed('.css'),
    thirdParty: licences(metafile.inputs)
  }
}

const inputs = [
  import.meta.filename,
  join(root, 'pnpm-lock.yaml'),
  ...readdirSync(join(folder, 'console'), { recursive: true }).map((file) => join(folder, 'console', file)),
  join(folder, 'src/console/types.ts')
]
if (!existsSync(output) || statSync(output).mtimeMs < newest(inputs)) {
  const { script, style, thirdParty } = await buildConsole()
  const text = { script: script.toString('base64'), style: style.toString('base64') }
  writeFileSync(join(folder, notices), thirdParty)
  writeFileSync(output, `module.exports = ${JSON.stringify(text)}\n`)
}
