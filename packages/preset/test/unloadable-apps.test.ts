// Files that Node cannot load, given to doctor.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '@seaworthy/testing'
import t, { type Test } from 'tap'
import { command } from './command.ts'

async function doctor(t: Test, files: Record<string, string>, name: string): Promise<string> {
  const folder = temporaryFolder(t)
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text)
  const { code, output } = await command(t, ['doctor', name], { cwd: folder })
  t.equal(code, 1)
  return output
}

const loader = /name the built file, or set NODE_OPTIONS="--import tsx"/
for (const [what, files] of Object.entries({
  'an enum': { 'app.ts': 'enum Size { Small }\nexport const size = Size.Small' },
  'an import of the built name': { 'app.ts': "import './other.js'", 'other.ts': 'export {}' },
  'a path of tsconfig.json': { 'app.ts': "import '@/other'" }
})) {
  t.test(`doctor says what to do about TypeScript with ${what}`, async (t) => {
    t.match(await doctor(t, files, 'app.ts'), loader)
  })
}

t.test('doctor says what to install for a package that is missing', async (t) => {
  t.match(await doctor(t, { 'app.js': "import '@acme/db/pool'" }, 'app.js'), /npm install @acme\/db\n/)
})

t.test('doctor says so when it gets a folder in the place of a file', async (t) => {
  t.match(await doctor(t, {}, '.'), /it is a folder; name the file that makes the app/)
})
