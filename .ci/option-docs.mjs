// The doc comments of public options: each option has one, an optional one its default, a numeric one its unit and range.
// A default is the one of the code, where both are in one file: `const jwtDefaults = { … }`.
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { libraries } from './packages.mjs'

const units =
  /milliseconds?|seconds?|status|\bbytes?\b|\bKiB\b|\bbits?\b|share|ratio|percent|factor|exponent|port|number of|how many|\b(?:requests|calls|attempts|entries|keys|series|connections|processes|characters|levels|samples|users|sessions|results|tokens|times|errors|failures|streams|signals|retries|nodes|logs|events|lines|slots|codes?)\b/i
const ranges = /\d ?(?:to|–) ?[\d`]|\bto \d|at least|at most|or more|or less|above|below|\bup to\b|finite/i

/** The expression without its types: `{ … } as const satisfies Options`. */
const withoutTypes = (node) =>
  node && (ts.isAsExpression(node) || ts.isSatisfiesExpression(node)) ? withoutTypes(node.expression) : node

/** The defaults of a file that are numbers, texts or booleans, by the name of the option. */
function defaultsOf(source) {
  const objects = source.statements
    .filter(ts.isVariableStatement)
    .flatMap(({ declarationList }) => [...declarationList.declarations])
    .filter(({ name }) => /defaults$/i.test(name.getText(source)))
    .map(({ initializer }) => withoutTypes(initializer))
    .filter((object) => object && ts.isObjectLiteralExpression(object))
  const members = objects.flatMap(({ properties }) => properties.filter(ts.isPropertyAssignment))
  return new Map(
    members
      .map((member) => [member.name.getText(source), member.initializer.getText(source).replaceAll('_', '')])
      .filter(([, value]) => /^(?:-?[\d.]+|true|false|'[^']*')$/.test(value))
  )
}

/** Whether the doc of an option names the default of the code. `none: …` is for an option without one. */
const namesDefault = (text, value) =>
  /^none\b/i.test(text) || new RegExp(String.raw`(?<![\w.])${RegExp.escape(value)}(?!\w)`).test(text)

/** The options of an interface that say too little, each with what is missing. */
function* faultsOf(source, declaration, defaults) {
  for (const member of declaration.members.filter(ts.isPropertySignature)) {
    const name = `${declaration.name.text}.${member.name.getText(source)}`
    const [doc] = member.jsDoc ?? []
    const tags = ts.getJSDocTags(member)
    const text = ts.getTextOfJSDocComment(doc?.comment) ?? ''
    const initial = tags.find(({ tagName }) => tagName.text === 'defaultValue')
    const initialText = initial && (ts.getTextOfJSDocComment(initial.comment) ?? '')
    const type = member.type?.getText(source) ?? ''
    if (text === '') yield `${name} has no doc comment`
    if (member.questionToken && !initialText) yield `${name} has no @defaultValue`
    const value = defaults.get(member.name.getText(source))
    if (member.questionToken && value !== undefined && !namesDefault(initialText ?? '', value))
      yield `${name} has the default ${value} in the code, and "${initialText}" in its doc comment`
    if (!/\bnumber\b/.test(type) || type.includes('=>')) continue
    const all = `${text} ${initialText ?? ''}`.replaceAll(/\s+/g, ' ')
    if (!units.test(all)) yield `${name} says no unit`
    if (!ranges.test(all)) yield `${name} says no range`
  }
}

/** Prints what is missing and gives the exit status. */
export function checkOptionDocs() {
  let faults = 0
  for (const { folder } of libraries) {
    const published = readFileSync(join(folder, 'api.d.ts'), 'utf8')
    for (const file of globSync(join(folder, 'src/**/*.ts'))) {
      const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true)
      const defaults = defaultsOf(source)
      for (const node of source.statements) {
        if (!ts.isInterfaceDeclaration(node) || !/(?:Options|RateLimit|Limit)$/.test(node.name.text)) continue
        if (!published.includes(`interface ${node.name.text} `)) continue
        for (const fault of faultsOf(source, node, defaults)) {
          console.error(`${file}: ${fault}`)
          faults++
        }
      }
    }
  }
  return faults > 0 ? 1 : 0
}
