// node .ci/sbom.mjs FOLDER: for each package, as it is packed, a CycloneDX list of all that its install brings.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { packed } from './packed.mjs'
import { installAlone, npm } from './size.mjs'

const out = process.argv[2]
if (!out) {
  console.error('usage: node .ci/sbom.mjs FOLDER')
  process.exit(2)
}
mkdirSync(out, { recursive: true })

for (const { name, manifest } of packed()) {
  const app = await installAlone(name)
  const list = JSON.parse(await npm(['sbom', '--sbom-format', 'cyclonedx', '--omit', 'dev'], app))
  // npm describes the app around the package. What is released is the package.
  const wrapper = list.metadata.component['bom-ref']
  const subject = list.components.find((component) => component.name === name)
  list.metadata.component = { ...subject, type: 'library' }
  list.components = list.components.filter((component) => component !== subject)
  list.dependencies = list.dependencies.filter(({ ref }) => ref !== wrapper)
  const file = `${name.replace('/', '-')}@${manifest.version}.cdx.json`
  writeFileSync(join(out, file), `${JSON.stringify(list, null, 2)}\n`)
  console.log(`${file}: ${list.components.length} components`)
}
