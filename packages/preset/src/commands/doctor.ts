import { resolve } from 'node:path'
import { versionProblems } from '../load/required-versions.ts'
import type { AppDescription, Failure } from './app-messages.ts'
import { appArguments, print, type Command } from './command.ts'
import { environmentProblems } from './environment-problems.ts'
import { advisoryFindings, packagesWithAdvisories } from './findings/advisories.ts'
import { stateFindings } from './findings/app-state.ts'
import { findDeployment } from './findings/deployment.ts'
import type { Finding } from './findings/finding.ts'
import { loadRemedy } from './findings/load-remedy.ts'
import { logFindings, remedyIn } from './findings/log-lines.ts'
import { describeDuplicates, findCopies, findVersions, type Copy } from './installed-copies.ts'
import { tryApp } from './try-app.ts'

/** Lists the problems of an app. */
export const doctor: Command = {
  summary: 'Lists the problems of an app, each with its fix',
  usage: `usage: fastify-seaworthy doctor FILE [--json]

Loads the app, makes it ready without listening, and checks versions and their advisories, copies of packages, the
constructor's options, parts that backed off, warnings of the start, the environment, routes without an access rule or a
schema, secrets, metrics that are public, and, with the deployment files in the current folder, trusted proxies, grace
periods and state that processes do not share. What stops the start is left out and tried again, so that one run lists all
conflicts.
FILE exports the app, a promise of it, a function that makes it, or a plugin for fastify-cli; or it starts the app.
Exits with 0 when nothing must change, 1 when something must.`,
  async run(args) {
    const { file, json } = appArguments(args)
    const path = resolve(file)
    const copies = findCopies(path)
    const { app, failure, warnings, conflicts } = await tryApp(file)
    const environment = await environmentProblems()
    const deployment = findDeployment(process.cwd(), process.env)
    const logged = logFindings(warnings, app)
    // The log may be off, or may say the same.
    const isLogged = ({ check }: Finding) => logged.some((other) => other.check === check)
    const findings = [
      ...versionFindings(copies),
      ...advisoryFindings(findVersions(path, copies, packagesWithAdvisories)),
      ...conflicts.map(startFinding),
      ...startFindings(failure, environment),
      ...(app ? appFindings(app, copies) : []),
      ...(app ? stateFindings(app, deployment).filter((finding) => !isLogged(finding)) : []),
      ...logged
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
    check: 'versions',
    problem: 'fastify is not installed where the app finds it',
    line: 'npm install fastify@5'
  }
  const wrong = versionProblems(process.versions.node, fastify?.version).map((text) => {
    const [problem = text, line = 'nvm install --lts, or the image of a newer Node'] =
      text.split(/: (?=npm )/)
    return { check: 'versions', problem, line }
  })
  const duplicates = describeDuplicates(copies).map((problem) => ({
    check: 'duplicate-packages',
    problem,
    line: 'npm dedupe, or pnpm dedupe'
  }))
  return [...(fastify ? [] : [missing]), ...wrong, ...duplicates]
}

function startFindings(failure: Failure | undefined, environment: readonly string[]): Finding[] {
  if (failure === undefined) return []
  const { message, code, problems } = failure
  const environmentFindings = (list: readonly string[]) =>
    list.map((problem) => ({
      check: 'environment',
      problem: `the environment: ${problem}`,
      line: `${/^[A-Z][A-Z\d_]*/.exec(problem)?.[0] ?? 'NAME'}=…`
    }))
  if (problems) return environmentFindings(problems)

  const line = loadRemedy(message)
  // An app that exits does not tell whether the environment is the cause.
  return [
    { ...startFinding({ message }), ...(line === undefined ? {} : { line }) },
    ...(code === undefined ? environmentFindings(environment) : [])
  ]
}

/** The message says what to write: behind its last semicolon or colon. */
const startFinding = ({ message }: Pick<Failure, 'message'>): Finding => ({
  check: 'start',
  problem: `the start fails: ${message}`,
  line: remedyIn(message)
})

function appFindings({ report, isPlugin }: AppDescription, copies: readonly Copy[]): Finding[] {
  if (report === undefined) {
    const installed = copies.some(({ name }) => name === 'fastify-seaworthy')
    const problem = 'fastify-seaworthy is installed and not registered'
    return installed
      ? [{ check: 'registration', problem, line: 'await app.register(seaworthy, options)' }]
      : []
  }
  return report.missing.map((lost) => ({
    check: 'constructor-options',
    problem: `the constructor lacks ${lost.replace(/; use .*$/, '')}`,
    line: isPlugin
      ? 'export const options = serverOptions(), and fastify start --options'
      : 'const app = Fastify(serverOptions(options))'
  }))
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
      `      ${line}`
    ]),
    ...notes.map((note) => `  note: ${note}`)
  ].join('\n')
}
