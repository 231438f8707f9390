import type { Metric, Point } from '../otlp/data.ts'

/** The labels that stand for attributes of OpenTelemetry's semantic conventions, by Prometheus' rule for their names. */
const attributeNames: Readonly<Record<string, string>> = {
  http_request_method: 'http.request.method',
  http_route: 'http.route',
  http_response_status_code: 'http.response.status_code',
  url_scheme: 'url.scheme',
  error_type: 'error.type',
  server_address: 'server.address',
  server_port: 'server.port'
}
const numbers: ReadonlySet<string> = new Set(['http_response_status_code', 'server_port'])

const metricNames: Readonly<Record<string, string>> = {
  http_server_request_duration_seconds: 'http.server.request.duration',
  http_client_request_duration_seconds: 'http.client.request.duration'
}

/** Labels of ours, beside those of the conventions. */
const otherLabels: ReadonlySet<string> = new Set(['method', 'host', 'status_code'])

export const serverDuration = 'http_server_request_duration_seconds'

/** A metric of the conventions under its name and those of its attributes. `undefined` for a metric of another kind. */
export function semanticMetric(metric: Metric): Metric | undefined {
  const name = metricNames[metric.name]
  const hasAttributes = metric.points[0]?.attributes.http_request_method !== undefined
  if (name === undefined || !hasAttributes) return undefined
  return { ...metric, name, unit: 's', points: metric.points.map(semanticPoint) }
}

function semanticPoint({ attributes, value }: Point): Point {
  const entries = Object.entries(attributes)
    .filter(([label, text]) => text !== '' && !otherLabels.has(label))
    .map(([label, text]): [string, string | number] => [
      attributeNames[label] ?? label,
      numbers.has(label) && /^\d+$/.test(`${text}`) ? Number(text) : text
    ])
  return { attributes: Object.fromEntries(entries), value }
}

/** The metric without the attributes of the conventions. */
export const withoutSemanticLabels = (metric: Metric): Metric => ({
  ...metric,
  points: metric.points.map(({ attributes, value }) => ({
    attributes: Object.fromEntries(
      Object.entries(attributes).filter(([label]) => attributeNames[label] === undefined)
    ),
    value
  }))
})

const knownMethods: ReadonlySet<string> = new Set(
  'GET HEAD POST PUT PATCH DELETE OPTIONS CONNECT TRACE QUERY'.split(' ')
)

export const clientLabels: readonly string[] = [
  'http_request_method',
  'server_address',
  'server_port',
  'http_response_status_code',
  'error_type'
]

/** The values of {@link clientLabels}. A call without a response has the code of its error. */
export function clientValues(
  method: string,
  url: { host: string; secure: boolean },
  statusCode: number | undefined,
  error: unknown
): string[] {
  const [, address = url.host, port = url.secure ? '443' : '80'] = /^(.*?)(?::(\d+))?$/.exec(url.host) ?? []
  const { code } = (error ?? {}) as { code?: unknown }
  const failure = typeof code === 'string' && /^\w{1,40}$/.test(code) ? code : '_OTHER'
  const status = statusCode === undefined ? '' : `${statusCode}`
  const errorType = statusCode === undefined ? failure : statusCode >= 400 ? status : ''
  return [
    knownMethods.has(method) ? method : '_OTHER',
    address.replace(/^\[(.*)\]$/, '$1'),
    port,
    status,
    errorType
  ]
}
