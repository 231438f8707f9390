// Parses every Mermaid picture of the pages: a wrong one would only show in a reader's browser.
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { JSDOM } from 'jsdom'

const docs = join(import.meta.dirname, '..')
const { window } = new JSDOM('')
Object.assign(globalThis, { window, document: window.document })
const { default: mermaid } = await import('mermaid')

let pictures = 0
for (const page of globSync('*/*.md', { cwd: docs })) {
  const text = readFileSync(join(docs, page), 'utf8')
  for (const [, picture = ''] of text.matchAll(/^```mermaid\n([\s\S]*?)^```/gm)) {
    try {
      await mermaid.parse(picture)
      pictures++
    } catch (error) {
      process.stderr.write(`docs/${page}: ${error instanceof Error ? error.message : String(error)}\n`)
      process.exitCode = 1
    }
  }
}
process.stdout.write(`${pictures} pictures are valid.\n`)
