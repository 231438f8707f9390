// After tsup. Two jobs, per package directory:
// 1. dist/*.d.cts: faux-ESM exports -> `export =`, matching `module.exports = plugin; .default; .named`.
// 2. dist/*.js: replaced by a thin ESM wrapper over the .cjs, so import and require share one instance.
import { globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
const specs = (s) =>
  s
    .split(',')
    .map((x) => x.trim())
    .filter(Boolean)
for (const file of globSync('dist/**/*.d.cts')) {
  let src = readFileSync(file, 'utf8')
  // An entry that hands on a whole other package: `require` of either gives the same.
  const handedOn = /^export \* from ('[^']+');\nexport \{ default \} from \1;\n?$/.exec(src)?.[1]
  if (handedOn) {
    writeFileSync(file, `import part = require(${handedOn});\nexport = part;\n`)
    continue
  }
  const values = [],
    types = [],
    imports = []
  let dflt
  src = src.replace(/^export (type )?\{([^}]*)\}(?: from (['"][^'"]+['"]))?;\n?/gm, (_, t, body, from) => {
    for (let spec of specs(body)) {
      const isType = Boolean(t) || spec.startsWith('type ')
      const [local, as = local] = spec.replace(/^type /, '').split(/\s+as\s+/)
      if (from) imports.push(`import { ${local} as _re_${as} } from ${from};`)
      else if (as === 'default') dflt = local
      const name = from ? `_re_${as}` : local
      ;(isType ? types : values).push(name === as ? as : `${name} as ${as}`)
    }
    return ''
  })
  // An entry that is a program or a preload, not a plugin, stays as it is built.
  if (!dflt) continue
  writeFileSync(
    file,
    [
      ...imports,
      src.trimEnd(),
      '',
      `declare function _plugin(...params: Parameters<typeof ${dflt}>): ReturnType<typeof ${dflt}>;`,
      'declare namespace _plugin {',
      `    export { ${values.join(', ')} };`,
      ...(types.length ? [`    export type { ${types.join(', ')} };`] : []),
      '}',
      'export = _plugin;',
      ''
    ].join('\n')
  )
  const esm = file.replace(/\.d\.cts$/, '.js')
  const block = [...readFileSync(esm, 'utf8').matchAll(/^export \{([^}]*)\};?$/gm)].at(-1)[1]
  const names = specs(block)
    .map((s) => s.split(/\s+as\s+/).at(-1))
    .filter((n) => n !== 'default')
  writeFileSync(
    esm,
    `import plugin from './${basename(esm, '.js')}.cjs'\nexport default plugin\n` +
      (names.length ? `export const { ${names.join(', ')} } = plugin\n` : '')
  )
  rmSync(`${esm}.map`, { force: true })
}
