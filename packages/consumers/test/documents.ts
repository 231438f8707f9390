import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '@seaworthy/testing'

/** A block of code in a document. */
export interface Block {
  /** `packages/health/README.md:17`: where its first line is. */
  readonly at: string
  readonly path: string
  readonly line: number
  readonly text: string
}

/** A document that users read, and what it tells them to install. */
export interface Document {
  readonly path: string
  /** The packages in its install lines, ours and others. */
  readonly installs: readonly string[]
  /** The packages in its first install line: an app has them before its first sample runs. */
  readonly firstInstall: readonly string[]
  /** The `ts` blocks. */
  readonly samples: readonly Block[]
  /** Everything that the reader may type: the text. */
  readonly text: string
}

const paths = [
  'README.md',
  'packages/preset/README.md',
  'packages/preset/MIGRATION.md',
  ...globSync('packages/*/README.md', { cwd: root }).toSorted(),
  // The pages of the guide have what READMEs have no room for.
  ...globSync('docs/guide/*.md', { cwd: root }).toSorted()
]

const installLines = (text: string): string[][] =>
  [...text.matchAll(/npm (?:install|i|add) ((?:(?:-\S+|@?[a-z][\w./@-]*) ?)+)/g)].map(([, names = '']) =>
    names
      .trim()
      .split(' ')
      .filter((name) => !name.startsWith('-'))
  )

function blocksOf(path: string, text: string): Block[] {
  return [...text.matchAll(/^```ts[^\n]*\n([\s\S]*?)^```$/gm)].map((match) => {
    const line = text.slice(0, match.index).split('\n').length + 1
    return { at: `${path}:${line}`, path, line, text: match[1] ?? '' }
  })
}

function read(path: string): Document {
  const text = readFileSync(join(root, path), 'utf8')
  const installs = installLines(text)
  // The guide is read after the preset's README, which has the install line.
  const first = installs[0] ?? ['fastify', 'fastify-seaworthy']
  return {
    path,
    firstInstall: first,
    installs: [...new Set([...first, ...installs.flat()])],
    samples: blocksOf(path, text),
    text
  }
}

/** The root README, the guide to moving, the README of each published package, and the pages of `docs/guide`. */
export const documents: readonly Document[] = [...new Set(paths)]
  .filter((path) => existsSync(join(root, path)))
  .map(read)

/** The pages of `docs/` that people write, with code: their first install line, like that of a README, comes before. */
export const pages: readonly Document[] = globSync('docs/{*,start/*,tasks/*,from/*,operate/*,learn/*}.md', {
  cwd: root
})
  .toSorted()
  .map((path) => read(path.replaceAll('\\', '/')))
  .filter(({ samples }) => samples.length > 0)

/** The packages that a module imports or requires, without what Node has itself. */
export function importsOf(text: string): string[] {
  const specifiers = [
    ...text.matchAll(/^\s*(?:import|export)\b[^'"]*?\bfrom\s*['"]([^'"]+)['"]/gm),
    ...text.matchAll(/^\s*import\s*['"]([^'"]+)['"]/gm),
    ...text.matchAll(/\b(?:import|require)\(\s*['"]([^'"]+)['"]\s*\)/g)
  ].map(([, specifier = '']) => specifier)
  const packages = specifiers
    .filter((specifier) => !/^(?:node:|[./])/.test(specifier))
    .map((specifier) => /^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier)
  return [...new Set(packages)]
}

/** Whether a module can only be an ES module: it awaits outside of any function. */
export const awaitsAtTop = (text: string): boolean =>
  /^(?:(?:export )?(?:const|let|var) .*= )?await\b|^for await\b/m.test(text)
