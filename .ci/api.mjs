// The public types of each package, as they are packed, beside the ones that were agreed on.
import { spawnSync } from 'node:child_process'
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { packed, scratch } from './packed.mjs'
import { libraries } from './packages.mjs'

/** All declarations of a tarball for ECMAScript modules, the main entry first. */
function report({ name, root }) {
  const entries = globSync('dist/**/*.d.ts', { cwd: root })
    .map((file) => file.replaceAll('\\', '/').replace(/^dist\/|\.d\.ts$/g, ''))
    .sort((a, b) => (b === 'index') - (a === 'index') || a.localeCompare(b))
  return entries
    .map((entry) => `// ${name}: ${entry}\n${readFileSync(join(root, `dist/${entry}.d.ts`), 'utf8')}`)
    .join('\n')
}

export function checkApi(update) {
  let failed = 0
  const folders = new Set(libraries.map(({ folder }) => folder))
  for (const one of packed().filter(({ folder }) => folders.has(folder))) {
    const file = `${one.folder}/api.d.ts`
    const now = report(one)
    if (update) writeFileSync(file, now)
    if (existsSync(file) && readFileSync(file, 'utf8') === now) continue
    failed = 1
    const packedFile = join(scratch(), 'packed.d.ts')
    writeFileSync(packedFile, now)
    const committed = existsSync(file) ? file : '/dev/null'
    const args = ['--no-pager', 'diff', '--no-index', '--unified=2', committed, packedFile]
    spawnSync('git', args, { stdio: ['ignore', 'inherit', 'inherit'] })
    console.error(`${file} is not what is packed. If the change is meant: npm run check -- --update`)
  }
  return failed
}
