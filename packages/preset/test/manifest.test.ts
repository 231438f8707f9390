import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'

t.test('each subpath has its types also for compilers that read no exports', async (t) => {
  for (const name of ['preset', 'observability']) {
    const manifest = JSON.parse(
      readFileSync(join(import.meta.dirname, '../..', name, 'package.json'), 'utf8')
    ) as { exports: Record<string, { require?: { types: string } }>; typesVersions: object }
    const subpaths = Object.entries(manifest.exports).filter(([path, entry]) => path !== '.' && entry.require)
    t.ok(subpaths.length > 0)
    t.strictSame(manifest.typesVersions, {
      '*': Object.fromEntries(subpaths.map(([path, entry]) => [path.slice(2), [entry.require!.types]]))
    })
  }
})
