// node .ci/links.mjs: every relative link in the documents leads to a file of the repository, and is used.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const { stdout } = spawnSync('git', ['ls-files', '-co', '--exclude-standard', '*.md'], { encoding: 'utf8' })
const documents = stdout.split('\n').filter((file) => file !== '' && existsSync(file))

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
    if (/^(?:[a-z]+:|#)/.test(target)) continue
    const path = join(dirname(file), decodeURI(target.split('#', 1)[0]))
    if (!existsSync(path)) complain(file, `${target} does not exist`)
  }

  if (definitions.length === 0) continue
  const prose = text.replace(/^\[[^\]]+\]: .*$/gm, '')
  const used = new Set([...prose.matchAll(/\[([^\]\n]+)\](?!\()/g)].map(([, name]) => name))
  const known = new Set(definitions.map(({ name }) => name))
  for (const name of known) if (!used.has(name)) complain(file, `[${name}] is defined and not used`)
  for (const name of used)
    if (!known.has(name) && /^[a-z-]+$/.test(name)) complain(file, `[${name}] has no path`)
}
process.exitCode = wrong > 0 ? 1 : 0
