// Programs for the compilers of users, each version of TypeScript in one process of its own.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { compilerOf, tsc, type typescripts } from './tools.ts'

export type Version = (typeof typescripts)[number]

export type Resolution = 'node16' | 'nodenext' | 'bundler'

/** A module that must compile. */
export interface Module {
  /** Its file in the app, without the ending. */
  readonly file: string
  readonly ending: 'mts' | 'cts'
  readonly text: string
  /** Where it comes from, and which line of that is its first. */
  readonly source: string
  readonly line: number
  /** It declares types for the whole program, or imports a package that does, so it has a program of its own. */
  readonly alone: boolean
  /** It imports packages of others, whose own declarations may have errors that are not ours to find. */
  readonly foreign?: boolean
}

/** The content of a tsconfig.json. */
interface Project {
  readonly compilerOptions: object
  readonly files: readonly string[]
}

// The test runner puts a preload into Node programs that changes how they load modules; `env` takes it out.
const node = (args: readonly string[], cwd: string) =>
  spawn('env', ['-u', 'NODE_OPTIONS', process.execPath, ...args], {
    cwd,
    stdio: ['pipe', 'pipe', 'inherit'],
    // The compiler in Go collects less garbage: its programs are small and end at once.
    env: { ...process.env, GOGC: '400' }
  })

/** Compiles projects with one compiler, and yields the text that it prints for each. */
async function* compile(app: string, version: Version, projects: readonly Project[]): AsyncGenerator<string> {
  // The compiler in Go has no API yet. It is fast alone.
  if (version === '7.0') {
    for (const project of projects) yield await compileAlone(app, version, project)
    return
  }
  const script = join(import.meta.dirname, 'compile.mjs')
  const child = node(['--max-semi-space-size=64', script, compilerOf(version)], app)
  const closed = once(child, 'close')
  child.stdin.end(projects.map((project) => `${JSON.stringify(project)}\n`).join(''))
  for await (const line of createInterface({ input: child.stdout })) yield JSON.parse(line) as string
  const [code] = await closed
  if (code !== 0) throw new Error(`TypeScript ${version} ended with ${code}`)
}

async function compileAlone(app: string, version: Version, project: Project): Promise<string> {
  const file = join(app, `tsconfig.${version}.json`)
  writeFileSync(file, JSON.stringify(project))
  const child = node([tsc(version), '--project', file, '--pretty', 'false', '--checkers', '1'], app)
  child.stdin.end()
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  const [code] = await once(child, 'close')
  if (code !== 0 && output === '') throw new Error(`tsc ${version} ended with ${code} and said nothing`)
  return output
}

/** Modules that a compiler reads together. */
export interface Program {
  readonly version: Version
  readonly resolution: Resolution
  readonly modules: readonly Module[]
  /** As `import x = require()` needs it, and as `import x from` needs it in CommonJS. */
  readonly commonJs?: boolean
}

const fileOf = ({ file, ending }: Module): string => `${file}.${ending}`

function projectOf({ version, resolution, modules, commonJs = false }: Program): Project {
  const module = { node16: 'node16', nodenext: 'nodenext', bundler: commonJs ? 'commonjs' : 'esnext' }[
    resolution
  ]
  // In CommonJS both flags forbid what others ask for there: `import x = require()`, or any `import x from`.
  const esm = { verbatimModuleSyntax: true, ...(version !== '5.5' && { erasableSyntaxOnly: true }) }
  const compilerOptions = {
    noEmit: true,
    target: 'es2022',
    lib: ['es2023'],
    types: ['node'],
    module,
    moduleResolution: resolution,
    esModuleInterop: true,
    // A module alone is checked against all declarations by the newest compiler: the others do that for all modules together.
    skipLibCheck: modules.some(({ alone, foreign }) => foreign === true || (alone && version !== '7.0')),
    strict: true,
    exactOptionalPropertyTypes: true,
    isolatedModules: true,
    ...(!commonJs && esm)
  }
  return { compilerOptions, files: modules.map(fileOf) }
}

/** The errors that a compiler has printed, each with the place in the document that it comes from. */
function errorsIn(printed: string, modules: readonly Module[]): string[] {
  const byFile = new Map(modules.map((module) => [fileOf(module), module]))
  // Lines that go on with an error are indented.
  const lines = printed.split('\n').filter((line) => line !== '' && !line.startsWith(' '))
  return lines.map((line) => {
    const [, file = '', row = '', rest = ''] = /^(.+?)\((\d+),\d+\): error (.*)$/.exec(line) ?? []
    const module = byFile.get(file)
    return module === undefined ? line : `${module.source}:${module.line + Number(row) - 1} ${rest}`
  })
}

/** Compiles programs, two compilers side by side. Gives the errors of each program. */
export async function compileAll(app: string, programs: readonly Program[]): Promise<Map<Program, string[]>> {
  const errors = new Map<Program, string[]>()
  const lane = async (versions: readonly Version[]) => {
    for (const version of versions) {
      const ofVersion = programs.filter((program) => program.version === version)
      const compiled = compile(app, version, ofVersion.map(projectOf))
      for (const program of ofVersion) {
        const { value, done } = await compiled.next()
        if (done === true) throw new Error(`TypeScript ${version} ended early`)
        errors.set(program, errorsIn(value, program.modules))
      }
      await compiled.next()
    }
  }
  await Promise.all([lane(['5.5', '5.9']), lane(['6.0', '7.0'])])
  return errors
}
