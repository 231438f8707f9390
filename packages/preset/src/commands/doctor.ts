import { resolve } from 'node:path'
import { versionProblems } from '../load/required-versions.ts'
import type { AppDescription, Failure } from './app-messages.ts'
import { findCopies, describeDuplicates, type Copy } from './installed-copies.ts'
import { appArguments, print, type Command } from './command.ts'
import { environmentProblems } from './environment-problems.ts'
import { tryApp } from './try-app.ts'

/** One problem that must be fixed. */
interface Finding {
  problem: string
  /** The code to write or the command to run, where it is known. */
  line?: string
}

/** Lists the problems of an app. */
export const doctor: Command = {
  summary: 'Lists the problems of an app, each with its fix',
  usage: `usage: fastify-seaworthy doctor FILE [--json]

Loads the app, makes it ready without listening, and checks versions, copies of packages, the constructor's options,
parts that backed off, warnings of the start and the environment. What stops the start is left out and tried again, so
that one run lists all conflicts.
FILE exports the app, a promise of it, a function that makes it, or a plugin for fastify-cli; or it starts the app.
Exits with 0 when nothing must change, 1 when something must.`,
  async run(args) {
    const { file, json } = appArguments(args)
    const copies = findCopies(resolve(file))
    const { app, failure, warnings, conflicts } = await tryApp(file)
    const environment = await environmentProblems()
    const findings = [
      ...versionFindings(copies),
      ...conflicts.map(({ message }) => ({ problem: `the start fails: ${message}` })),
      ...startFindings(failure, environment),
      ...(app ? appFindings(app, copies) : []),
      ...logFindings(warnings, app)
    ]
    const notes = app ? notesOn(app, environment) : []
    const ok = findings.length === 0
    if (json) print(JSON.stringify({ ok, findings, notes }, null, 2))
    else print(ok ? describeSuccess(file, app, notes) : describeFindings(file, findings, notes))
    return ok ? 0 : 1
  }
}

function versionFindings(copies: readonly Copy[]): Finding[] {
  const fastify = copies.find(({ name }) => name === 'fastify')
  const missing = {
    problem: 'fastify is not installed where the app finds it',
    line: 'npm install fastify@5'
  }
  const wrong = versionProblems(process.versions.node, fastify?.version).map((text) => {
    const [problem = text, line] = text.split(/: (?=npm )/)
    return { problem, ...(line === undefined ? {} : { line }) }
  })
  const duplicates = describeDuplicates(copies).map((problem) => ({
    problem,
    line: 'npm dedupe, or pnpm dedupe'
  }))
  return [...(fastify ? [] : [missing]), ...wrong, ...duplicates]
}

function startFindings(failure: Failure | undefined, environment: readonly string[]): Finding[] {
  if (failure === undefined) return []
  const { message, code, problems } = failure
  const environmentFindings = (list: readonly string[]) =>
    list.map((problem) => ({ problem: `the environment: ${problem}` }))
  if (problems) return environmentFindings(problems)

  const missing = /Cannot find (?:package|module) '([^'./][^']*)'/.exec(message)?.[1]
  const line = missing === undefined ? {} : { line: `npm install ${packageOf(missing)}` }
  // An app that exits does not tell whether the environment is the cause.
  return [
    { problem: `the start fails: ${message}`, ...line },
    ...(code === undefined ? environmentFindings(environment) : [])
  ]
}

const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')

function appFindings({ report }: AppDescription, copies: readonly Copy[]): Finding[] {
  if (report === undefined) {
    const installed = copies.some(({ name }) => name === 'fastify-seaworthy')
    const problem = 'fastify-seaworthy is installed and not registered'
    return installed ? [{ problem, line: 'await app.register(seaworthy, options)' }] : []
  }
  return report.missing.map((lost) => ({
    problem: `the constructor lacks ${lost.replace(/; use .*$/, '')}`,
    line: 'const app = Fastify(serverOptions(options))'
  }))
}

/** Omits the warnings of parts about constructor options: the report has them for all parts. */
function logFindings(warnings: readonly string[], app: AppDescription | undefined): Finding[] {
  const isReported = (app?.report?.missing.length ?? 0) > 0
  const others = warnings.filter(
    (text) =>
      !text.startsWith('seaworthy: the app is being adopted') &&
      (!isReported || !/\w+ServerOptions\(/.test(text))
  )
  return others.map((problem) => ({ problem: `the log warns: ${problem}` }))
}

/** States that are intended but may surprise. */
function notesOn({ report }: AppDescription, environment: readonly string[]): string[] {
  const backedOff = report?.parts.filter(({ state }) => state === 'backed off') ?? []
  return [
    ...backedOff.map(({ part, reason }) => `${part} backed off: ${reason}`),
    ...environment.map((problem) => `fromEnv() would reject: ${problem}`)
  ]
}

function describeSuccess(file: string, app: AppDescription | undefined, notes: readonly string[]): string {
  const facts = [`Node ${process.versions.node}, Fastify ${app?.fastify}`, ...notes]
  return `doctor: ${file}: nothing must change (${facts.join('; ')})`
}

function describeFindings(file: string, findings: readonly Finding[], notes: readonly string[]): string {
  const count = findings.length === 1 ? 'one thing' : `${findings.length} things`
  return [
    `doctor: ${file}: ${count} must change`,
    ...findings.flatMap(({ problem, line }) => [
      `  - ${problem.replaceAll('\n', '\n    ')}`,
      ...(line === undefined ? [] : [`      ${line}`])
    ]),
    ...notes.map((note) => `  note: ${note}`)
  ].join('\n')
}
