// npm run docs: writes the READMEs' option tables and the pages of docs/reference from the sources, then builds the site.
// -- --check compares only; -- --pages writes without building.
// In a README:  <!-- options: src/options.ts HealthOptions -->  …  <!-- /options -->
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { generatedPages } from './docs-pages.mjs'
import { buildSite } from './docs-site.mjs'
import ts from 'typescript'
import { packages } from './packages.mjs'

const checkOnly = process.argv.includes('--check')
const marker = /(<!-- options: (\S+) (\w+) -->\n)[\s\S]*?(<!-- \/options -->)/g

const plain = (text) =>
  text
    .replace(/\{@link ([^}|]+)(?:\|([^}]*))?\}/g, '`$1`')
    .replace(/\s*\n\s*/g, ' ')
    .trim()
const cell = (text) => plain(text).replaceAll('|', '\\|')

/** The members of an interface with what their comments say. */
function members(file, name) {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true)
  const found = source.statements.find((node) => ts.isInterfaceDeclaration(node) && node.name.text === name)
  if (!found) throw new Error(`${file} has no interface ${name}`)

  return found.members.filter(ts.isPropertySignature).map((member) => {
    const tags = ts.getJSDocTags(member)
    const tag = (kind) =>
      tags
        .filter(({ tagName }) => tagName.text === kind)
        .map((t) => ts.getTextOfJSDocComment(t.comment) ?? '')
    const stray = tags.find(
      ({ tagName }) => !['defaultValue', 'throws', 'deprecated', 'example'].includes(tagName.text)
    )
    // A package's name is taken for a tag, and what follows it is lost to editors too.
    if (stray) throw new Error(`${file}: put \`@${stray.tagName.text}…\` into backticks`)
    const [doc] = member.jsDoc ?? []
    return {
      name: member.name.getText(source).replace(/^'|'$/g, ''),
      // `| undefined` only says that the option may be left out.
      type: (member.type?.getText(source) ?? '')
        .replaceAll(/\s+/g, ' ')
        .replace(/^\| /, '')
        .replace(/ \| undefined$/, ''),
      text: ts.getTextOfJSDocComment(doc?.comment) ?? '',
      initial: tag('defaultValue')[0] ?? '',
      throws: tag('throws')
    }
  })
}

function table(file, name) {
  const rows = members(file, name).map(({ name, type, text, initial, throws }) => {
    if (!text) throw new Error(`${file}: ${name} has no doc comment`)
    const shown = `\`${cell(type)}\``
    const value =
      initial === ''
        ? ''
        : initial.includes('`') || (/^[A-Z]/.test(initial) && initial.includes(' '))
          ? cell(initial)
          : `\`${cell(initial)}\``
    return `| \`${name}\` | ${shown} | ${value} | ${cell([text, ...throws.map((t) => `Refused: ${t}`)].join(' '))} |`
  })
  return ['| Option | Type | Default | What it does |', '|---|---|---|---|', ...rows, ''].join('\n')
}

const variables = /(<!-- variables -->\n)[\s\S]*?(<!-- \/variables -->)/g

/** The environment's table comes from the schema that checks the variables. */
function variablesTable({ properties, required }) {
  const rows = Object.entries(properties).map(([name, variable]) => {
    const { type, default: initial, description, secret, enum: allowed } = variable
    const kind = allowed ? allowed.map((entry) => `\`${entry}\``).join(' ') : secret ? 'secret' : type
    const shown = initial === undefined ? (required.includes(name) ? 'required' : 'none') : `\`${initial}\``
    return `| \`${name}\` | ${kind} | ${shown} | ${cell(description)} |`
  })
  return ['| Variable | Type | Default | What it is |', '|---|---|---|---|', ...rows, ''].join('\n')
}
const { environmentSchema } = await import('../packages/preset/src/environment/schema.ts')

/** A reader who knows one README finds their way in all. */
const sections = ['Options', 'Errors', 'Metrics', 'Beside other plugins', 'Migrating']
const inOrder = (text) =>
  [...text.matchAll(/^## (.+)$/gm)].map(([, title]) => title).filter((title) => sections.includes(title))

let stale = 0
for (const { folder } of packages) {
  const readme = join(folder, 'README.md')
  if (!existsSync(readme)) continue
  const before = readFileSync(readme, 'utf8')
  const after = before
    .replace(marker, (_, open, file, name, close) => open + table(join(dirname(readme), file), name) + close)
    .replace(variables, (_, open, close) => open + variablesTable(environmentSchema) + close)
  if (before.includes('<!-- options: ') && inOrder(before).join() !== sections.join()) {
    console.error(`${readme}: it must have the sections ${sections.join(', ')}, in this order`)
    stale++
  }
  if (after === before) continue
  if (checkOnly) {
    console.error(`${readme}: its option tables are not what the doc comments say. Run: npm run docs`)
    stale++
  } else writeFileSync(readme, after)
}
for (const [page, text] of await generatedPages()) {
  if (existsSync(page) && readFileSync(page, 'utf8') === text) continue
  if (checkOnly) {
    console.error(`${page}: it is not what the sources say. Run: npm run docs`)
    stale++
    continue
  }
  mkdirSync(dirname(page), { recursive: true })
  writeFileSync(page, text)
}
if (!checkOnly && !process.argv.includes('--pages') && stale === 0) stale = buildSite()
process.exitCode = stale > 0 ? 1 : 0
