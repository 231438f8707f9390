// Every export of a package has an @example, and all compile: `node .ci/examples.mjs` compiles, the check only looks for them.
// An example may use the exports of its package without imports, and `app`, an instance with the package's plugin.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import ts from 'typescript'
import { all, libraries } from './packages.mjs'

const root = join(import.meta.dirname, '..')
const parsed = new Map()
const parse = (file) => {
  if (!parsed.has(file))
    parsed.set(file, ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true))
  return parsed.get(file)
}

/** The file of a module that `file` names, or undefined where another published package documents it. */
function fileOf(specifier, file) {
  if (specifier.startsWith('.')) return resolve(dirname(file), specifier)
  const found = all.find(({ manifest }) => manifest.name === specifier && manifest.private)
  return found && join(root, found.folder, 'src/index.ts')
}

const declares = (statement, name) =>
  statement.name?.text === name ||
  (ts.isVariableStatement(statement) &&
    statement.declarationList.declarations.some((declaration) => declaration.name.text === name))

/** The declarations that a file exports under a name; an interface and a value may share it. */
function declarationsOf(file, name) {
  const source = parse(file)
  const here = source.statements.filter((statement) => declares(statement, name))
  if (here.length > 0) return here
  for (const statement of source.statements.filter(ts.isImportDeclaration)) {
    const element = statement.importClause?.namedBindings?.elements?.find((one) => one.name.text === name)
    const from = element && fileOf(statement.moduleSpecifier.text, file)
    if (from) return declarationsOf(from, element.propertyName?.text ?? name)
  }
  for (const statement of source.statements.filter(ts.isExportDeclaration)) {
    const from = statement.moduleSpecifier && fileOf(statement.moduleSpecifier.text, file)
    if (!from) continue
    if (!statement.exportClause) {
      const found = declarationsOf(from, name)
      if (found.length > 0) return found
      continue
    }
    const element = statement.exportClause.elements.find((one) => one.name.text === name)
    if (element) return declarationsOf(from, element.propertyName?.text ?? name)
  }
  return []
}

/** The text of the first example in the comments of declarations. */
function exampleOf(declarations) {
  for (const declaration of declarations) {
    const tag = ts.getJSDocTags(declaration).find(({ tagName }) => tagName.text === 'example')
    if (!tag) continue
    const text = tag.getSourceFile().text.slice(tag.pos, tag.end)
    return text
      .replace('@example', '')
      .replace(/\s*\*\/\s*$/, '')
      .split('\n')
      .map((line) => line.replace(/^\s*\*(?: |$)/, ''))
      .join('\n')
      .trim()
  }
  return undefined
}

/** Every name that a package exports itself: `{ name, isType, declarations, example }`. */
export function exportsOf(folder) {
  const index = join(root, folder, 'src/index.ts')
  return parse(index)
    .statements.filter(ts.isExportDeclaration)
    .flatMap((statement) => {
      if (!fileOf(statement.moduleSpecifier.text, index)) return []
      return statement.exportClause.elements
        .filter(({ name }) => name.text !== 'default')
        .map((element) => {
          const declarations = declarationsOf(index, element.name.text)
          const isType = statement.isTypeOnly || element.isTypeOnly
          return { name: element.name.text, isType, declarations, example: exampleOf(declarations) }
        })
    })
}

/** Prints the exports without an example and gives the exit status. */
export function checkExamples() {
  let missing = 0
  for (const { folder } of libraries) {
    for (const { name, declarations, example } of exportsOf(folder)) {
      if (example) continue
      const file = declarations[0]?.getSourceFile().fileName ?? folder
      console.error(`${file}: ${name} has no @example`)
      missing++
    }
  }
  return missing > 0 ? 1 : 0
}

/** An example as a module: with the imports that it leaves out. */
function moduleOf(example, { manifest, exported }) {
  const ownNames = new Set(
    [...example.matchAll(/\b(?:const|let|class|function|interface|type) (\w+)/g)].map(([, name]) => name)
  )
  const used = exported
    .filter(({ name }) => !ownNames.has(name) && new RegExp(`\\b${name}\\b`).test(example))
    .map(({ name, isType }) => (isType ? `type ${name}` : name))
  const lines = [
    `import Fastify, { type FastifyBaseLogger } from 'fastify'`,
    `import thisPackage from '${manifest.name}'`
  ]
  if (used.length > 0) lines.push(`import { ${used.join(', ')} } from '${manifest.name}'`)
  if (!/^const app\b/m.test(example)) lines.push('const app = Fastify()', 'await app.register(thisPackage)')
  return `${lines.join('\n')}\nexport type { FastifyBaseLogger }\nexport const example = async () => {\n${/^declare /m.test(example) ? '}\n' : ''}${example}\n${/^declare /m.test(example) ? '' : '}\n'}`
}

/** Compiles modules together; gives their errors. The sources of packages may be strict about names that an app declares. */
function compile(modules) {
  const folder = mkdtempSync(join(root, 'packages/documents/test/.examples-'))
  try {
    for (const [file, text] of modules) {
      mkdirSync(dirname(join(folder, file)), { recursive: true })
      writeFileSync(join(folder, file), text)
    }
    const compilerOptions = { noUnusedLocals: false, isolatedDeclarations: false, declaration: false }
    const config = { extends: join(root, 'tsconfig.base.json'), compilerOptions, include: ['**/*.mts'] }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
    const tsc = join(root, 'node_modules/typescript7/bin/tsc')
    const args = [tsc, '-p', folder, '--pretty', 'false']
    const { stdout, status } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' })
    if (status === null) return ['the compiler was killed']
    return stdout.split('\n').filter((line) => /^(?:\w+\/|error )/.test(line))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

if (process.argv[1] === import.meta.filename) {
  const modules = libraries.flatMap(({ folder, manifest }) => {
    const exported = exportsOf(folder)
    const short = folder.split('/').at(-1)
    return exported
      .filter(({ example }) => example)
      .map(({ name, isType, example }) => [
        // Two names may differ in case only.
        `${short}/${isType ? 'types' : 'values'}/${name}.mts`,
        moduleOf(example, { manifest, exported })
      ])
  })
  // Declarations of an example hold for its whole program, and must not change the others.
  const alone = modules.filter(([, text]) => /^declare module/m.test(text))
  const together = modules.filter((module) => !alone.includes(module))
  const errors = [...compile(together), ...compile(alone)]
  for (const error of errors) console.error(error)
  console.log(`${modules.length} examples`)
  process.exitCode = errors.length > 0 ? 1 : 0
}
