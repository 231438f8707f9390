// The packed files name no private package, import nothing that their own package.json does not bring, and have the
// licences of the code in them. The sources touch private parts of Fastify, pino and other packages in one place only.
import { existsSync, globSync, readFileSync, statSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { dirname, join } from 'node:path'
import ts from 'typescript'
import { buildConsole, notices } from './console.mjs'
import { packed } from './packed.mjs'
import { privateNames } from './packages.mjs'

/** Every module that a file asks for: import, export from, import(), require(), require.resolve(), import types. */
export function specifiers(file, text) {
  const source = ts.createSourceFile(file.replace(/\.cjs$/, '.js'), text, ts.ScriptTarget.Latest, true)
  const found = new Set([
    ...source.typeReferenceDirectives.map(({ fileName }) => fileName),
    ...source.referencedFiles.map(({ fileName }) => (fileName.startsWith('.') ? fileName : `./${fileName}`))
  ])
  const add = (node) => node && ts.isStringLiteralLike(node) && found.add(node.text)
  const visit = (node) => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) add(node.moduleSpecifier)
    else if (ts.isExternalModuleReference(node)) add(node.expression)
    else if (ts.isModuleDeclaration(node)) add(node.name)
    else if (ts.isImportTypeNode(node)) add(node.argument.literal)
    else if (ts.isCallExpression(node)) {
      const callee = node.expression.getText(source)
      const asks =
        node.expression.kind === ts.SyntaxKind.ImportKeyword || /(?:^|[._])require\d*$/.test(callee)
      const resolves = /(?:^|[._])(?:require\d*|import\.meta)\.resolve$/.test(callee)
      if (asks || resolves || /createRequire\d*\)?\(.*\)$/.test(callee)) add(node.arguments[0])
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return [...found]
}

const packageOf = (specifier) => specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')

/** A declaration's `./x.js` is `./x.d.ts`. */
const exists = (file) =>
  [
    file,
    file.replace(/\.js$/, '.d.ts'),
    file.replace(/\.cjs$/, '.d.cts'),
    `${file}.d.ts`,
    `${file}.js`,
    join(file, 'package.json')
  ].some((candidate) => existsSync(candidate) && statSync(candidate).isFile())

/** The faults of one unpacked package, a sentence each. */
export function faults({ root, manifest }) {
  const peers = Object.keys(manifest.peerDependencies ?? {})
  const optional = new Set(peers.filter((name) => manifest.peerDependenciesMeta?.[name]?.optional))
  const brought = new Set([manifest.name, ...Object.keys(manifest.dependencies ?? {}), ...peers])
  const found = []
  const files = globSync('**/*', { cwd: root }).filter(
    (file) => !file.endsWith('.map') && statSync(join(root, file)).isFile()
  )
  for (const file of files) {
    const text = readFileSync(join(root, file), 'utf8')
    for (const name of privateNames) {
      if (text.includes(name)) found.push(`${file} names ${name}, which is private: users cannot install it`)
    }
    const isDeclaration = /\.d\.[cm]?ts$/.test(file)
    // Files that are shipped to be copied into an app run with the app's dependencies.
    if (file.startsWith('templates') || (!isDeclaration && !/\.[cm]?js$/.test(file))) continue
    for (const specifier of specifiers(file, text)) {
      if (isBuiltin(specifier) || specifier === 'node') continue
      if (specifier.startsWith('.')) {
        if (!exists(join(root, dirname(file), specifier)))
          found.push(`${file} imports ${specifier}, which is not in the tarball`)
        continue
      }
      const name = packageOf(specifier)
      if (!brought.has(name)) found.push(`${file} imports ${specifier}, which package.json does not bring`)
      else if (isDeclaration && optional.has(name))
        found.push(`${file} imports ${specifier}, an optional peer: without it, its types are missing`)
    }
  }
  return found
}

/** The page has code of other packages in it, whose licences ask for their text. */
async function noticeFaults({ root }) {
  if (!existsSync(join(root, 'dist/console-assets.cjs'))) return []
  const { thirdParty } = await buildConsole()
  const file = join(root, notices)
  if (existsSync(file) && readFileSync(file, 'utf8') === thirdParty) return []
  return [
    `${notices} is not of the packages in the operators' page. Run: touch .ci/console.mjs; npm run bootstrap`
  ]
}

/** The one place of a package for private parts of others: a file, or a folder with a file for each of them. */
const internals = /^packages\/[a-z]+\/src\/internals(?:\.ts$|\/)/

/** Members and symbols that their owner does not document. `_storeHeader` is typed and tested by security's internals. */
const privatePart =
  /[\w)\]]\??\._(?!storeHeader\b)[a-z]\w*|\b(?:symbolProperty|getOwnPropertySymbols)\(|Symbol\.for\(['"](?:fastify|opentelemetry|OpenTelemetry|pino|plugin-meta)\b/

/** The lines that touch a private part elsewhere. */
export function touchedElsewhere(folder) {
  return globSync('packages/*/src/**/*.ts', { cwd: folder })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => !internals.test(file) && !file.startsWith('packages/internal/src/fastify/'))
    .flatMap((file) =>
      readFileSync(join(folder, file), 'utf8')
        .split('\n')
        .flatMap((line, index) => {
          const isComment = /^\s*(?:\*|\/[/*])/.test(line)
          const part = isComment ? undefined : privatePart.exec(line)?.[0]
          return part === undefined ? [] : [`${file}:${index + 1}: ${part} is private: use it in internals`]
        })
    )
}

export async function checkPrivate() {
  const all = touchedElsewhere(join(import.meta.dirname, '..'))
  for (const one of packed()) {
    const found = [...faults(one), ...(await noticeFaults(one))]
    all.push(...found.map((fault) => `${one.name}: ${fault}`))
  }
  for (const fault of all) console.error(fault)
  return all.length > 0 ? 1 : 0
}
