import { nearest } from '@seaworthy/internal'

/** The options that are often written one level too high, by the place where they belong. */
const places: Readonly<Record<string, readonly string[]>> = {
  observability: [
    'correlation',
    'logging',
    'metrics',
    'errorTracking',
    'management',
    'level',
    'logger',
    'loggerInstance'
  ],
  'observability.correlation': ['header', 'trust'],
  'observability.logging': ['slowThreshold', 'sampling', 'fields', 'schema', 'levels'],
  'observability.metrics': ['path', 'buckets', 'registry', 'defaultMetrics', 'labels', 'buildInfo'],
  'observability.errorTracking': ['dsn', 'sink', 'tracesSampleRate', 'environment'],
  'observability.management': ['port', 'host'],
  errors: ['format', 'map', 'typeBase', 'expose', 'notFound', 'methodNotAllowed'],
  shutdown: ['signals', 'drainDelay', 'timeout', 'gracePeriod'],
  health: ['checks'],
  resilience: ['shedding', 'deadline', 'breakers'],
  security: [
    'headers',
    'cors',
    'rateLimit',
    'concurrency',
    'validation',
    'trustProxy',
    'bodyLimit',
    'requestTimeout'
  ],
  'security.headers': [
    'contentSecurityPolicy',
    'xFrameOptions',
    'hsts',
    'strictTransportSecurity',
    'profile',
    'permissionsPolicy'
  ],
  'security.cors': ['origin', 'credentials', 'methods', 'allowedHeaders', 'exposedHeaders'],
  'security.rateLimit': ['max', 'timeWindow', 'allowList', 'onStoreError', 'keyGenerator', 'user'],
  'security.validation': ['coerce', 'additional', 'maxDepth', 'maxKeys', 'unsafePatterns'],
  auth: [
    'jwt',
    'session',
    'oauth2',
    'apiKeys',
    'roles',
    'policies',
    'defaultDeny',
    'revocation',
    'csrf',
    'login'
  ],
  'auth.jwt': ['secret', 'key', 'issuer', 'audience', 'expiresIn', 'issuers'],
  'auth.session': ['cookie', 'idleTimeout', 'absoluteTimeout', 'salt']
}

/** The names that other plugins have for the same. */
const otherNames: Readonly<Record<string, string>> = {
  helmet: 'security.headers',
  csp: 'security.headers.contentSecurityPolicy',
  underPressure: 'resilience.shedding',
  prometheus: 'observability.metrics',
  sentry: 'observability.errorTracking'
}

/**
 * The place of an option that is written one or two levels too high: `security.rateLimit.max` for `max` in `security`.
 * `undefined`: it belongs here, or nowhere.
 */
export function placeOf(name: string, part?: string): string | undefined {
  const other = Object.hasOwn(otherNames, name) ? otherNames[name] : undefined
  if (other !== undefined && (part === undefined || other.startsWith(`${part}.`))) return other
  const found = Object.keys(places).filter(
    (place) =>
      places[place]!.includes(name) && (part === undefined || place === part || place.startsWith(`${part}.`))
  )
  return found.length === 0 || (part !== undefined && found.includes(part))
    ? undefined
    : `${found[0]}.${name}`
}

/** The place of the option that a misspelt name most likely means: `security.rateLimit` for `rateLimt`. */
export function nearPlaceOf(name: string): string | undefined {
  const near = nearest(name, Object.values(places).flat())
  return near && placeOf(near)
}
