// node compile.mjs TYPESCRIPT: compiles the programs that come as a line of JSON each, and answers each with a line of JSON:
// what `tsc --noEmit` would print. One process for many programs: what they have in common is read once.
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'

const ts = createRequire(import.meta.url)(process.argv[2])
const cwd = process.cwd()

/** Files by how they are read: what a program makes of them it keeps for itself. */
const files = new Map()

function hostFor(options) {
  const host = ts.createCompilerHost(options)
  const { skipLibCheck: _, ...reading } = options
  const key = JSON.stringify(reading)
  if (!files.has(key)) files.set(key, new Map())
  const cached = files.get(key)
  const { getSourceFile } = host
  host.getSourceFile = (name, how, onError) => {
    const path = `${name} as ${how.impliedNodeFormat}`
    if (!cached.has(path)) cached.set(path, getSourceFile(name, how, onError))
    return cached.get(path)
  }
  return host
}

for await (const line of createInterface({ input: process.stdin })) {
  const { compilerOptions, files: rootNames } = JSON.parse(line)
  const { options, errors } = ts.convertCompilerOptionsFromJson(compilerOptions, cwd)
  const host = hostFor(options)
  const program = ts.createProgram({ rootNames, options, host })
  const diagnostics = [...errors, ...ts.getPreEmitDiagnostics(program)]
  console.log(JSON.stringify(ts.formatDiagnostics(ts.sortAndDeduplicateDiagnostics(diagnostics), host)))
}
