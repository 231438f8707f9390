// node .ci/declarations.mjs OUT NAME …: the declarations of these packages, a file an entry, which stand alone: types of
// private packages are in them, what is a dependency is imported. CommonJS gets the same text, which `cjs-interop` mends.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { rollup } from 'rollup'
import { dts } from 'rollup-plugin-dts'
import { entriesOf, privateNames } from './packages.mjs'

const [out, ...names] = process.argv.slice(2)
const source = (name) => resolve('packages', name.split('/')[1], 'src/index.ts')
const plugin = dts({
  tsconfig: `${import.meta.dirname}/tsconfig.build.json`,
  compilerOptions: {
    customConditions: ['@seaworthy/source'],
    paths: Object.fromEntries(privateNames.map((name) => [name, [source(name)]]))
  }
})

for (const name of names) {
  const manifest = JSON.parse(readFileSync(`packages/${name}/package.json`, 'utf8'))
  for (const entry of entriesOf(manifest)) {
    const bundle = await rollup({
      input: `packages/${name}/src/${entry}.ts`,
      external: (id) => /^[^./]/.test(id) && !privateNames.includes(id),
      plugins: [plugin],
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
}
