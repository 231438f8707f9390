// The pages of options: every interface that a user of a package can fill in, with links between them.
import ts from 'typescript'
import { interfaces } from './docs-sources.mjs'

/** Where the pages start, by package; what these interfaces mention follows. */
const roots = {
  auth: ['AuthOptions', 'AuthRule'],
  errors: ['ErrorsOptions', 'AppErrorOptions'],
  health: ['HealthOptions'],
  observability: ['ObservabilityOptions', 'RouteObservability', 'ObservabilityServerOptions'],
  preset: ['SeaworthyOptions'],
  resilience: ['ResilienceOptions', 'BreakerOptions', 'FetchOptions'],
  security: [
    'SecurityOptions',
    'SecurityServerOptions',
    'OwnHeadersOptions',
    'RouteHeadersOptions',
    'RouteLimitOptions'
  ],
  shutdown: ['ShutdownOptions', 'PreflightOptions']
}

/** Interfaces that users receive or pass on, and don't fill in. */
const noOptions =
  /Context$|Client$|Event$|Record$|Identity$|^Secret$|^ProviderIdentity$|^AuthTypes$|^Clock$|Registry$/

const plain = (text) =>
  text
    .replace(/\{@link ([^}|]+)(?:\|([^}]*))?\}/g, '`$1`')
    .replace(/\s*\n\s*/g, ' ')
    .trim()

/** Text for a cell. Outside of code, angle brackets would be taken for HTML. */
export const cell = (text) =>
  plain(text)
    .split(/(`[^`]*`)/)
    .map((part) => (part.startsWith('`') ? part : part.replaceAll('<', '&lt;').replaceAll('{{', '{ {')))
    .join('')
    .replaceAll('|', '\\|')

/** A type or a name, as code in a cell. */
export const code = (text) => `\`${text.replaceAll('|', '\\|')}\``

/** Members by name; an index signature only allows more. */
const named = (node) => node.members.filter((member) => !ts.isIndexSignatureDeclaration(member))
const documented = (node) =>
  named(node).length > 0 && named(node).every((member) => ts.isPropertySignature(member) && member.jsDoc)

/** The members of an interface and of those that it extends. */
function membersOf({ node }, all) {
  const inherited = (node.heritageClauses ?? [])
    .flatMap(({ types }) => types)
    .flatMap((type) => {
      const base = all.get(type.expression.getText())
      return base ? membersOf(base, all) : []
    })
  return [...node.members.filter(ts.isPropertySignature).map((member) => ({ member })), ...inherited]
}

/** Names in a type that have a section on the page. */
function mentioned(type, all) {
  return [...new Set((type.match(/\b[A-Z]\w+/g) ?? []).filter((name) => all.has(name)))]
}

/** The interfaces of a page in the order in which they are first mentioned. */
function sections(folder, all) {
  const found = []
  const first = roots[folder.split('/').at(-1)] ?? [...all.keys()].filter((name) => name.endsWith('Options'))
  const waiting = first.filter((name) => all.has(name))
  while (waiting.length > 0) {
    const name = waiting.shift()
    if (found.includes(name)) continue
    found.push(name)
    const types = membersOf(all.get(name), all).map(({ member }) => member.type?.getText() ?? '')
    const next = types.flatMap((type) => mentioned(type, all))
    waiting.push(...next.filter((other) => !noOptions.test(other) && documented(all.get(other).node)))
  }
  return found
}

const allowed = new Set(['defaultValue', 'throws', 'deprecated', 'example'])

function row(member, shown) {
  const tags = ts.getJSDocTags(member)
  const stray = tags.find(({ tagName }) => !allowed.has(tagName.text))
  // A package's name is taken for a tag, and what follows it is lost to editors too.
  if (stray) throw new Error(`${member.name.getText()}: put \`@${stray.tagName.text}…\` into backticks`)
  const texts = (kind) =>
    tags
      .filter(({ tagName }) => tagName.text === kind)
      .map((tag) => ts.getTextOfJSDocComment(tag.comment) ?? '')
  const name = member.name.getText().replace(/^'|'$/g, '')
  const type = (member.type?.getText() ?? '')
    .replaceAll(/\s+/g, ' ')
    .replace(/^\| /, '')
    .replace(/ \| undefined$/, '')
    // A function that may be left out: `((name: string) => void) | undefined`.
    .replace(/^\((\(.*\) => .*)\)$/, '$1')
  const links = mentioned(type, shown).map((other) => `[${other}](#${other.toLowerCase()})`)
  const [initial = ''] = texts('defaultValue')
  const isProse =
    initial.includes('`') || (/^[A-Z]/.test(initial) && initial.includes(' ')) || /^none\b/.test(initial)
  const value = initial === '' ? 'required' : isProse ? cell(initial) : code(initial)
  const text = ts.getTextOfJSDocComment(member.jsDoc?.[0]?.comment) ?? ''
  const refused = texts('throws').map((reason) => `Stops the start: ${reason}`)
  const all = cell([text, ...refused].join(' '))
  return `| \`${name}\` | ${code(type)}${links.length > 0 ? ` ${links.join(' ')}` : ''} | ${value} | ${all} |`
}

/** The page of a package's options. */
export function optionsPage(folder, name) {
  const all = interfaces(folder)
  const names = sections(folder, all)
  const shown = new Map(names.map((name) => [name, true]))
  const parts = names.map((section) => {
    const found = all.get(section)
    const text = cell(ts.getTextOfJSDocComment(found.node.jsDoc?.[0]?.comment) ?? '')
    const rows = membersOf(found, all).map(({ member }) => row(member, shown))
    return [
      `## ${section}`,
      '',
      ...(text ? [text, ''] : []),
      '| Option | Type | Default | What it does |',
      '|---|---|---|---|',
      ...rows,
      ''
    ].join('\n')
  })
  const others = Object.keys(roots).filter((other) => other !== 'preset')
  const more = folder.endsWith('/preset')
    ? ` The options of each part are those of its package: ${others.map((other) => `[${other}](./${other}.md)`).join(', ')}.`
    : ''
  return `# Options of ${name}\n\nA wrong option stops the start with a \`RangeError\` that has the code \`INVALID_OPTION\` and names option, rule and value.${more}\n\n${parts.join('\n')}`
}
