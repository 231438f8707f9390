// Reads from the sources what the generated pages list: log lines, error codes, metrics, interfaces of options.
import { globSync, readFileSync } from 'node:fs'
import ts from 'typescript'

const plugins = [
  'auth',
  'errors',
  'health',
  'observability',
  'resilience',
  'security',
  'shutdown',
  'seaworthy'
]
const levels = new Set(['trace', 'debug', 'info', 'warn', 'error', 'fatal'])
const line = new RegExp(`^(?:${plugins.join('|')}): \\S`)

const parsed = new Map()

/** The sources of a published package, parsed once. */
export function sourcesOf(folder) {
  if (!parsed.has(folder)) {
    const files = globSync(`${folder}/src/**/*.ts`).map((file) => file.replaceAll('\\', '/'))
    const trees = files
      .toSorted()
      .map((file) => ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true))
    parsed.set(folder, trees)
  }
  return parsed.get(folder)
}

function* walk(node) {
  yield node
  for (const child of node.getChildren()) yield* walk(child)
}

const isText = (node) => ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)
const product = (left, right) => left.flatMap((a) => right.map((b) => a + b)).slice(0, 4)

const isScope = (node) => ts.isFunctionLike(node) || ts.isBlock(node) || ts.isSourceFile(node)

/** The nodes of a scope, without those of the scopes inside. */
function* walkScope(node) {
  yield node
  for (const child of node.getChildren()) if (!isScope(child)) yield* walkScope(child)
}

/** The variable that a name stands for: the nearest of that name around it. */
function declarationOf(name, source) {
  for (let scope = name.parent; scope; scope = scope.parent) {
    if (!isScope(scope)) continue
    for (const node of walkScope(scope))
      if (ts.isVariableDeclaration(node) && node.name.getText(source) === name.text && node.initializer)
        return node
  }
  return undefined
}

/** The texts that an expression can have, with `<name>` for what only a running program knows. */
function textsOf(node, source, depth = 0) {
  if (isText(node)) return [node.text]
  if (ts.isParenthesizedExpression(node)) return textsOf(node.expression, source, depth)
  if (ts.isConditionalExpression(node))
    return [...textsOf(node.whenTrue, source, depth), ...textsOf(node.whenFalse, source, depth)]
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken)
    return product(textsOf(node.left, source, depth), textsOf(node.right, source, depth))
  if (ts.isTemplateExpression(node))
    return node.templateSpans.reduce(
      (texts, { expression, literal }) =>
        product(product(texts, textsOf(expression, source, depth + 1)), [literal.text]),
      [node.head.text]
    )
  if (ts.isIdentifier(node) && depth < 3) {
    const declared = declarationOf(node, source)
    const texts = declared ? textsOf(declared.initializer, source, depth + 2) : []
    if (texts.length > 0 && texts.every((text) => /[a-z]/.test(text) && !/^<\w+>$/.test(text))) return texts
  }
  return [`<${node.getText(source).match(/(\w+)\W*$/)?.[1] ?? 'value'}>`]
}

/** The level at which a call logs, `throws` for an error, or undefined. */
function levelOf(call, source) {
  if (ts.isThrowStatement(call)) return 'throws'
  if (ts.isNewExpression(call))
    return call.expression.getText(source).endsWith('Error') ? 'throws' : undefined
  if (!ts.isCallExpression(call)) return undefined
  const callee = call.expression.getText(source)
  const last = callee.split('.').at(-1)
  if (levels.has(last)) return last
  if (last === 'emitWarning') return 'process warning'
  if (last !== 'logWithError' && /invalidOption|addressList|Error$|^check|refuse/.test(last)) return 'throws'
  return call.arguments.find((argument) => isText(argument) && levels.has(argument.text))?.text
}

/** The level of the call around a text, or of one that gets the variable with the text. `seen`: variables on the way. */
function levelAround(node, source, seen = []) {
  for (let at = node.parent; at; at = at.parent) {
    const level = levelOf(at, source)
    if (level) return level
    if (ts.isVariableDeclaration(at)) {
      if (seen.includes(at)) return undefined
      const name = at.name.getText(source)
      for (const use of walk(source)) {
        if (!ts.isIdentifier(use) || use.text !== name || declarationOf(use, source) !== at) continue
        const level = levelAround(use, source, [...seen, at])
        if (level) return level
      }
      return undefined
    }
    if (ts.isFunctionLike(at)) return undefined
  }
  return undefined
}

/** Every line that the plugins log themselves: `{ text, level, file }`. */
export function logLines(folders) {
  const found = new Map()
  for (const source of folders.flatMap(sourcesOf)) {
    for (const node of walk(source)) {
      const isWhole = isText(node) || ts.isTemplateExpression(node)
      if (!isWhole || ts.isImportDeclaration(node.parent)) continue
      let whole = node
      while (ts.isBinaryExpression(whole.parent) && whole.parent.left === whole) whole = whole.parent
      const texts = textsOf(whole, source).filter((text) => line.test(text))
      if (texts.length === 0) continue
      const level = levelAround(whole, source) ?? 'unknown'
      if (level === 'throws') continue
      for (const text of texts) {
        const one = text.replaceAll(/\s+/g, ' ').trim()
        if (!found.has(one)) found.set(one, { text: one, level, file: source.fileName })
      }
    }
  }
  return [...found.values()].toSorted((a, b) => (a.text < b.text ? -1 : 1))
}

/** Every code of an error that a package makes: `{ code, folder }`. */
export function errorCodes(folder) {
  const found = new Set()
  const add = (node) => {
    let text = node
    while (ts.isSatisfiesExpression(text) || ts.isAsExpression(text)) text = text.expression
    if (isText(text) && /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*$/.test(text.text)) found.add(text.text)
  }
  for (const source of sourcesOf(folder)) {
    for (const node of walk(source)) {
      if (ts.isPropertyAssignment(node) && node.name.getText(source) === 'code') add(node.initializer)
      if (ts.isPropertyDeclaration(node) && node.name.getText(source) === 'code' && node.initializer)
        add(node.initializer)
      if (ts.isVariableDeclaration(node) && /^code$/i.test(node.name.getText(source)) && node.initializer)
        add(node.initializer)
      const name = ts.isTypeAliasDeclaration(node) ? node.name.text : ''
      if (name.endsWith('ErrorCode')) {
        for (const part of walk(node.type)) if (ts.isLiteralTypeNode(part)) add(part.literal)
      }
    }
  }
  return [...found].toSorted((a, b) => (a < b ? -1 : 1))
}

/** The labels of a list, or of the variable `labels` around a call that has it in short. */
function labelsOf(list, call, source) {
  const variable = list ?? declarationOf({ text: 'labels', parent: call.parent }, source)?.initializer
  return variable && ts.isArrayLiteralExpression(variable)
    ? variable.elements.filter(isText).map(({ text }) => text)
    : []
}

/** Every metric whose name stands in the sources: `{ name, type, help, labels }`. */
export function metrics(folder) {
  const found = new Map()
  const types = { counter: 'counter', gauge: 'gauge', histogram: 'histogram', LazyCounter: 'counter' }
  for (const source of sourcesOf(folder)) {
    for (const node of walk(source)) {
      if (!ts.isCallExpression(node) && !ts.isNewExpression(node)) continue
      const type = types[node.expression.getText(source).split('.').at(-1)]
      const [first, second] = node.arguments ?? []
      if (!type || !first) continue
      if (isText(first) && second && isText(second)) {
        found.set(first.text, {
          name: first.text,
          type,
          help: second.text,
          labels: labelsOf(undefined, node, source)
        })
        continue
      }
      const options = ts.isObjectLiteralExpression(first) ? first : second
      if (!options || !ts.isObjectLiteralExpression(options)) continue
      const value = (key) =>
        options.properties.find(
          (property) => ts.isPropertyAssignment(property) && property.name.getText(source) === key
        )?.initializer
      const [name, help, labels] = ['name', 'help', 'labels'].map(value)
      if (!name || !isText(name) || !help || !isText(help)) continue
      const shorthand = options.properties.some(
        (property) => ts.isShorthandPropertyAssignment(property) && property.name.text === 'labels'
      )
      const names = shorthand || labels ? labelsOf(labels, node, source) : []
      const metric = { name: name.text, type, help: help.text, labels: names }
      found.set(name.text, metric)
    }
  }
  return [...found.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

/** The interfaces of a package by name: `{ node, source }`. */
export function interfaces(folder) {
  const found = new Map()
  for (const source of sourcesOf(folder)) {
    for (const node of source.statements) {
      if (ts.isInterfaceDeclaration(node) && !found.has(node.name.text))
        found.set(node.name.text, { node, source })
    }
  }
  return found
}
