/** One change for the clients of one app, by one way of adding us. */
export interface Change {
  app: string
  variant: string
  /** `POST /users`. */
  request: string
  isError: boolean
  difference: string
}

/** The reason for each kind of difference. The first that matches counts; one without a reason fails the test. */
const reasons: readonly [pattern: RegExp, reason: string][] = [
  [/^\+ `x-correlation-id`/, 'Each response names its request: observability'],
  [
    /^\+ `(?:content-security-policy|cross-origin|origin-agent|permissions-policy|referrer-policy|strict-transport|x-(?:content-type|dns|download|frame|permitted|xss))/,
    'Security headers, of helmet and of the profile: `security.headers`'
  ],
  [/^\+ `(?:x-)?ratelimit/, 'The state of the limit: `security.rateLimit`'],
  [
    /^\+ `cache-control`/,
    '`no-store` where the app sets none, so that no shared cache keeps answers: errors, `security.headers`'
  ],
  [/^(?:\+ `vary`|`vary`)/, 'The shape of errors depends on `Accept`: errors'],
  [/^\+ `www-authenticate`/, 'A 401 says how to authenticate: errors'],
  [
    /^`content-type`: `application\/json` → `application\/json; charset=utf-8`/,
    'A malformed URL has the same type as other errors'
  ],
  [/^body: \+ `(?:code|correlationId|details)/, 'One shape of errors, with more members: errors'],
  [
    /^body: other `message`/,
    'Messages that are not made for clients are masked; validation says "Validation failed", with details: errors'
  ],
  [
    /^(?:status (?:418|503) → 500|body: other `statusCode`, `error`, `message`)/,
    "The status of a plain `Error` that a handler throws may be an upstream's: use a class or `errors.map`"
  ],
  [
    /^(?:status 200 → 400|body: (?:\+ `statusCode`|− `name`))/,
    'JSON is not coerced: `"36"` is no integer; `security.validation.coerce` changes it'
  ],
  [/^body: other `paths`/, 'The probes and `/metrics` are in the OpenAPI document']
]

export const reasonOf = (difference: string): string | undefined =>
  reasons.find(([pattern]) => pattern.test(difference))?.[1]

/** The table of the document: one row for each reason, with what changes and where. */
export function changesTable(changes: readonly Change[], apps: number): string {
  const groups = Map.groupBy(changes, ({ difference }) => reasonOf(difference) ?? 'unexplained')
  const rows = reasons.flatMap(([, reason]) => {
    const group = groups.get(reason)
    return group === undefined ? [] : [rowOf(reason, group, apps)]
  })
  return [
    '| What changes | By | In which responses | Why, and the switch |',
    '|---|---|---|---|',
    ...rows
  ].join('\n')
}

function rowOf(reason: string, group: readonly Change[], apps: number): string {
  const unique = (values: string[]) => [...new Set(values)].toSorted()
  const names = unique(group.map(({ app }) => app))
  const which = group.every(({ isError }) => isError)
    ? 'Errors'
    : group.some(({ isError }) => isError)
      ? 'All'
      : 'Answers'
  const where =
    names.length > 3
      ? `${which}, in ${names.length} of ${apps} apps`
      : `${which}: ${unique(group.map(({ app, request }) => `${app}, \`${request}\``)).join('; ')}`
  const cells = [
    unique(group.map(({ difference }) => difference)).join('<br>'),
    unique(group.map(({ variant }) => variant)).join(', '),
    where,
    reason
  ]
  return `| ${cells.join(' | ')} |`
}
