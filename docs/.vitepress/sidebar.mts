import { existsSync, readFileSync, globSync } from 'node:fs'
import { join } from 'node:path'

const docs = join(import.meta.dirname, '..')

interface Link {
  text: string
  link: string
}

/** The pages of a folder by their titles, in this order; those that are not named follow. */
function pages(folder: string, first: readonly string[] = []): Link[] {
  const names = globSync(`${folder}/*.md`, { cwd: docs })
    .map((path) => path.slice(folder.length + 1, -3))
    .toSorted()
  return [...new Set([...first, ...names])]
    .filter((name) => existsSync(join(docs, folder, `${name}.md`)))
    .map((name) => ({
      text: name === 'README' ? 'Overview' : title(`${folder}/${name}.md`),
      link: name === 'README' ? `/${folder}/` : `/${folder}/${name}`
    }))
}

const title = (path: string): string =>
  (/^# (.+)$/m.exec(readFileSync(join(docs, path), 'utf8'))?.[1] ?? path).replaceAll('`', '')

/** Pages at the top, such as the compatibility table. */
const top = globSync('*.md', { cwd: docs })
  .filter((path) => path !== 'index.md')
  .map((path) => ({ text: title(path), link: `/${path.slice(0, -3)}` }))

export const sidebar = [
  { text: 'Start', items: pages('start', ['new-app', 'existing-app', 'one-plugin']) },
  { text: 'Tasks', collapsed: false, items: pages('tasks', ['README']) },
  {
    text: 'Guide',
    collapsed: true,
    items: pages('guide', [
      'preset',
      'logs',
      'metrics',
      'operators-page',
      'error-tracking',
      'errors',
      'shutdown'
    ])
  },
  { text: 'Run it', items: pages('operate', ['troubleshooting', 'trust-proxy', 'deployment']) },
  { text: 'Understand it', items: [...pages('learn', ['request', 'shutdown', 'breaker', 'tokens']), ...top] },
  { text: 'Coming from', collapsed: true, items: pages('from', ['README']) },
  { text: 'Reference', collapsed: true, items: pages('reference', ['README']) },
  { text: 'Options', collapsed: true, items: pages('reference/options', ['preset']) }
]
