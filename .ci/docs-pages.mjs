// The generated pages of docs/reference: options, metrics, log lines, error codes, environment variables.
import {
  errorNotes,
  lineEffects,
  lineLevels,
  lineNotes,
  metricNotes,
  moreMetrics,
  noCodes,
  noLines
} from './docs-notes.mjs'
import { cell, code, optionsPage } from './docs-options.mjs'
import { errorCodes, logLines, metrics } from './docs-sources.mjs'
import { libraries } from './packages.mjs'

const comment = '<!-- Written by `npm run docs` from the sources: changes belong there. -->\n\n'
const folders = libraries.map(({ folder }) => folder)
const short = (folder) => folder.split('/').at(-1)
const table = (head, rows) =>
  [
    `| ${head.join(' | ')} |`,
    `|${head.map(() => '---').join('|')}|`,
    ...rows.map((row) => `| ${row.join(' | ')} |`),
    ''
  ].join('\n')

const missing = []

function linesPage() {
  const lines = logLines(folders).filter(({ text }) => !noLines.some((pattern) => pattern.test(text)))
  const byPackage = Map.groupBy(lines, ({ text }) => text.slice(0, text.indexOf(':')))
  const rowOf = ({ text, level }) => {
    const shown = lineLevels.find(([pattern]) => pattern.test(text))?.[1] ?? level
    const [, does] = lineEffects.find(([start]) => text.startsWith(start)) ?? []
    const [, note] = lineNotes.find(([start]) => text.startsWith(start)) ?? []
    const [what, effect, ...action] = text.slice(text.indexOf(':') + 2).split('; ')
    const advice = action.length > 0 ? action.join('; ') : undefined
    const quiet = /^(?:info|debug)/.test(shown) ? 'Nothing: it reports' : undefined
    const todo = note ?? advice ?? quiet
    const done = effect ?? does
    if (!todo || shown === 'unknown') missing.push(`log line "${text}": what to do, or its level`)
    if (!done) missing.push(`log line "${text}": what we do`)
    return [
      code(`${text.split(': ')[0]}: ${what}`),
      shown,
      cell(sentence(done ?? '')),
      cell(sentence(todo ?? ''))
    ]
  }
  const sections = [...byPackage].map(([name, lines]) =>
    [
      `## ${name}`,
      '',
      table(['Line starts with', 'Level', 'What we do', 'What to do'], lines.map(rowOf))
    ].join('\n')
  )
  return `# Log lines

Search this page for the beginning of the line, without the parts in \`<…>\`, which differ. Each line comes once for a cause, not once for a request.

Besides these, each request is one line: \`request completed\`, with \`aborted: true\` where the client closed the connection, or \`request rejected\` where no handler saw it. [Troubleshooting](../operate/troubleshooting.md) goes from symptoms to causes.

${sections.join('\n')}`
}

const sentence = (text) =>
  /^(?:await|app)\b/.test(text)
    ? `\`${text.split(' before')[0]}\`${text.slice(text.split(' before')[0].length)}`
    : text.slice(0, 1).toUpperCase() + text.slice(1)

function codesPage() {
  const seen = new Set()
  const sections = libraries.map(({ folder, manifest }) => {
    const codes = errorCodes(folder).filter((code) => !noCodes.has(code) && !seen.has(code))
    if (codes.length === 0) return ''
    for (const code of codes) seen.add(code)
    const body = codes.map((code) => {
      const note = errorNotes[code]
      if (note?.length !== 3) missing.push(`error code ${code} of ${folder}: status, when, what to do`)
      return [`\`${code}\``, ...(note ?? [])]
    })
    return [`## ${manifest.name}`, '', table(['Code', 'Status', 'When', 'What to do'], body)].join('\n')
  })
  const [status, when, action] = errorNotes.INVALID_OPTION
  return `# Error codes

The \`code\` of an error response never changes; messages may. Programs look at the code:

\`\`\`json
{ "statusCode": 404, "error": "Not Found", "message": "Order not found", "code": "NOT_FOUND", "correlationId": "9c527fc3-516a-42ab-9190-ef6100864746" }
\`\`\`

## Every package

${table(['Code', 'Status', 'When', 'What to do'], [['`INVALID_OPTION`', status, when, action]])}
${sections.filter(Boolean).join('\n')}
Codes that start with \`FST_\` and are not in a table are Fastify's or those of another plugin.
`
}

function metricsPage() {
  const sections = libraries.map(({ folder, manifest }) => {
    const all = [...metrics(folder), ...(moreMetrics[folder] ?? [])].toSorted((a, b) =>
      a.name < b.name ? -1 : 1
    )
    if (all.length === 0) return ''
    const rows = all.map(({ name, type, help, labels }) => {
      if (!metricNotes[name]) missing.push(`metric ${name}: when to look at it`)
      return [
        `\`${name}\``,
        type,
        labels.map((label) => `\`${label}\``).join(' '),
        cell(help),
        metricNotes[name] ?? ''
      ]
    })
    return [
      `## ${manifest.name}`,
      '',
      table(['Name', 'Type', 'Labels', 'Meaning', 'When to look, what to do'], rows)
    ].join('\n')
  })
  return `# Metrics

\`GET /metrics\` has them all, with those of the process (\`process_*\`, \`nodejs_*\`) and those that the app adds to \`app.observability.registry\`. Labels never hold values that clients choose: unknown paths are one series with \`route="__unmatched__"\`.

The package @seaworthy/observability brings a Grafana dashboard (\`dashboards/service.json\`) and rules for Prometheus (\`rules/recording.yml\`, \`rules/alerts.yml\`).

${sections.filter(Boolean).join('\n')}`
}

async function environmentPage() {
  const { environmentSchema } = await import('../packages/preset/src/environment/schema.ts')
  const { properties, required } = environmentSchema
  const rows = Object.entries(properties).map(
    ([name, { type, default: initial, description, secret, enum: allowed }]) => {
      const kind = allowed ? allowed.map((entry) => `\`${entry}\``).join(' ') : secret ? 'secret' : type
      const shown = initial === undefined ? (required.includes(name) ? 'required' : 'none') : `\`${initial}\``
      return [`\`${name}\``, kind, shown, cell(description)]
    }
  )
  const others = [
    ['`OTEL_SERVICE_NAME`', 'string', "the package's name", "The service's name: part of the keys in Redis."],
    [
      '`OTEL_METRICS_EXPORTER`, `OTEL_LOGS_EXPORTER`',
      '`otlp` `none` …',
      'none',
      '`otlp` pushes metrics or log lines to a collector. [All variables of OpenTelemetry](../tasks/opentelemetry.md).'
    ],
    [
      '`SEAWORTHY_APM`',
      '`newrelic` `datadog` `elastic` `opentelemetry` `none`',
      'by the other variables',
      'Which agent `--import fastify-seaworthy/apm` starts.'
    ],
    [
      '`TERMINATION_GRACE_PERIOD_SECONDS`',
      'integer',
      "the platform's default",
      'Seconds between SIGTERM and SIGKILL. The start warns when the shutdown does not fit.'
    ],
    ['`GIT_COMMIT`', 'string', 'none', 'The label `commit` of `app_build_info`.'],
    [
      '`UV_THREADPOOL_SIZE`',
      'integer',
      '`4`',
      "Node's own: threads that verify signatures and hash passwords."
    ]
  ]
  const head = ['Variable', 'Type', 'Default', 'What it is']
  return `# Environment variables

\`fromEnv()\` of fastify-seaworthy reads these, checks them all, and throws one error with all problems: names and rules, never a value. An empty variable is unset. Each may be set as \`NAME_FILE\`, the path of a file with the value, as Docker and Kubernetes mount secrets. \`npx fastify-seaworthy init env\` writes them as \`.env.production.example\`.

${table(head, rows)}
## Read by single packages

${table(head, others)}`
}

/** Every generated page: its path and its text. Throws with all that lacks a meaning. */
export async function generatedPages() {
  const pages = [
    ['docs/reference/log-lines.md', linesPage()],
    ['docs/reference/error-codes.md', codesPage()],
    ['docs/reference/metrics.md', metricsPage()],
    ['docs/reference/environment.md', await environmentPage()],
    ...libraries.map(({ folder, manifest }) => [
      `docs/reference/options/${short(folder)}.md`,
      optionsPage(folder, manifest.name)
    ])
  ]
  if (missing.length > 0)
    throw new Error(
      `.ci/docs-notes.mjs lacks:\n${[...new Set(missing)].map((text) => `  ${text}`).join('\n')}`
    )
  return pages.map(([path, text]) => [path, comment + text])
}
