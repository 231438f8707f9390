// node .ci/links.mjs: every link in the documents to a file of the repository leads to one and to a heading, and is used.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const { stdout } = spawnSync('git', ['ls-files', '-co', '--exclude-standard', '*.md'], { encoding: 'utf8' })
const documents = stdout.split('\n').filter((file) => file !== '' && existsSync(file))

/** A whole address of a file in this repository, as READMEs have it for npm's page. */
const repository = /^https:\/\/github\.com\/seaworthy\/seaworthy\/(?:blob|tree)\/main\/(.+)$/

/** The ids of a document's headings, as GitHub and VitePress make them. */
const headingsOf = (path) =>
  new Set(
    [...readFileSync(path, 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\w\s-]/g, '')
        .trim()
        .replaceAll(' ', '-')
    )
  )

let wrong = 0
const complain = (file, sentence) => {
  console.error(`${file}: ${sentence}`)
  wrong++
}

for (const file of documents) {
  // Code may look like a link.
  const text = readFileSync(file, 'utf8').replace(/^```[\s\S]*?^```|`[^`\n]*`/gm, '')
  const definitions = [...text.matchAll(/^\[([^\]]+)\]: (\S+)$/gm)].map(([, name, target]) => ({
    name,
    target
  }))
  const inline = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => ({ target }))
  for (const { target } of [...definitions, ...inline]) {
    const [whole, anchor] = target.split('#')
    const here = repository.exec(whole)?.[1]
    if (here === undefined && /^(?:[a-z]+:|#)/.test(target)) continue
    const path = here ?? join(dirname(file), decodeURI(whole))
    if (!existsSync(path)) complain(file, `${target} does not exist`)
    else if (anchor && path.endsWith('.md') && !headingsOf(path).has(anchor))
      complain(file, `${target} leads to no heading`)
  }

  if (definitions.length === 0) continue
  const prose = text.replace(/^\[[^\]]+\]: .*$/gm, '')
  const used = new Set([...prose.matchAll(/\[([^\]\n]+)\](?!\()/g)].map(([, name]) => name))
  const definedNames = new Set(definitions.map(({ name }) => name))
  for (const name of definedNames) if (!used.has(name)) complain(file, `[${name}] is defined and not used`)
  for (const name of used)
    if (!definedNames.has(name) && /^[a-z-]+$/.test(name)) complain(file, `[${name}] has no path`)
}
process.exitCode = wrong > 0 ? 1 : 0
