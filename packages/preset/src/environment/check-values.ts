import { isIP } from 'node:net'
import { addressList, parseDuration, secretWeakness } from '@seaworthy/internal'
import { redisProblem } from './redis-options.ts'
import { problemsOfSwitches } from './switch-off-parts.ts'
import { entries, type Values } from './values.ts'

/** A problem of a variable, or several, with its name first. */
type Check = (values: Values) => string | string[] | undefined

const each =
  (name: string, isValid: (entry: string) => boolean, rule: string): Check =>
  ({ [name]: text }) =>
    text === undefined || (entries(text).length > 0 && entries(text).every(isValid))
      ? undefined
      : `${name} must be ${rule}`

const isRange = (entry: string): boolean => {
  try {
    addressList('', [entry])
    return true
  } catch {
    return false
  }
}

const proxyNames: ReadonlySet<string> = new Set(['loopback', 'linklocal', 'uniquelocal'])

/** An origin as browsers send it: a scheme and a host, without a path. A `*` within stands for no other text. */
function isOrigin(entry: string): boolean {
  if (entry === '*') return true
  const url = URL.parse(entry)
  return url !== null && url.origin === entry && !entry.includes('*')
}

const yearMs = 31_557_600_000

/** The range of the option `timeWindow`. */
const isWindow = (milliseconds: number | undefined): boolean =>
  milliseconds !== undefined && milliseconds >= 1 && milliseconds <= yearMs

const isHost = (text: string): boolean =>
  isIP(text) !== 0 || /^[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?\.?$/i.test(text)

const host =
  (name: string): Check =>
  ({ [name]: text }) =>
    text === undefined || isHost(text)
      ? undefined
      : `${name} must be a host name or an address, without a scheme or a port`

const needs =
  (name: string, other: string): Check =>
  (values) =>
    values[name] !== undefined && values[other] === undefined ? `${name} needs ${other}` : undefined

/** Node skips characters that are none of base64. */
const keyOf = (text: string): Buffer => {
  if (/^[\da-f]{64}$/i.test(text)) return Buffer.from(text, 'hex')
  return Buffer.from(/^[\w+/-]+={0,2}$/.test(text) ? text : '', 'base64')
}

/** The part "auth" rejects such a secret too, by the name of its option. A key as JSON Web Key has fields around it. */
const weakSecret = (name: string, secret: string | Buffer): string | undefined => {
  const weakness = secret.includes('{') ? undefined : secretWeakness(secret)
  return weakness === undefined
    ? undefined
    : `${name} must be random (try: openssl rand -base64 32), and has ${weakness}`
}

const checks: readonly Check[] = [
  each(
    'TRUST_PROXY',
    // Every client could choose its address behind a proxy that may have any.
    (entry) => (isRange(entry) && !/\/0+$/.test(entry)) || proxyNames.has(entry),
    'addresses, CIDR ranges, loopback, linklocal or uniquelocal, separated by commas'
  ),
  each(
    'CORS_ORIGIN',
    isOrigin,
    'origins such as https://app.example.com, without a path or a wildcard, separated by commas'
  ),
  each('MANAGEMENT_ALLOW', isRange, 'addresses and CIDR ranges, separated by commas'),
  each('METRICS_ALLOW', isRange, 'addresses and CIDR ranges, separated by commas'),
  each(
    'MANAGEMENT_HOSTS',
    (entry) => /^[\w.-]+$/.test(entry),
    'names of hosts, without schemes and ports, separated by commas'
  ),
  ...['HOST', 'MANAGEMENT_HOST', 'REDIS_HOST'].map(host),
  ({ RATE_LIMIT_WINDOW: text }) =>
    text === undefined || isWindow(/^\d+$/.test(text) ? Number(text) : parseDuration(text))
      ? undefined
      : 'RATE_LIMIT_WINDOW must be a time such as 1 minute or 30 seconds, or a number of milliseconds, of a year at most',
  ...['TOKEN', 'ALLOW', 'HOSTS', 'READ_ONLY', 'ALLOW_SHUTDOWN', 'RECENT_REQUESTS'].map((name) =>
    needs(`MANAGEMENT_${name}`, 'MANAGEMENT_PORT')
  ),
  needs('SESSION_SALT', 'SESSION_SECRET'),
  ...['LEVEL', 'MAX_BYTES'].map((name) => needs(`LOG_DETAILS_${name}`, 'LOG_DETAILS')),
  ...['BYTES', 'INTERVAL'].map((name) => needs(`LOG_BUFFER_${name}`, 'LOG_BUFFER')),
  needs('TLS_CERT_FILE', 'TLS_KEY_FILE'),
  needs('TLS_KEY_FILE', 'TLS_CERT_FILE'),
  ({ PORT, MANAGEMENT_PORT }) =>
    MANAGEMENT_PORT !== undefined &&
    Number(MANAGEMENT_PORT) !== 0 &&
    Number(MANAGEMENT_PORT) === Number(PORT ?? '3000')
      ? 'MANAGEMENT_PORT must be another port than PORT'
      : undefined,
  ({ MANAGEMENT_PORT, MANAGEMENT_HOST: address, MANAGEMENT_TOKEN, MANAGEMENT_ALLOW }) =>
    MANAGEMENT_PORT === undefined ||
    address === undefined ||
    /^(?:localhost|::1|127\..*)$/.test(address) ||
    (MANAGEMENT_TOKEN ?? MANAGEMENT_ALLOW) !== undefined
      ? undefined
      : 'MANAGEMENT_HOST is reachable from other machines: set MANAGEMENT_TOKEN or MANAGEMENT_ALLOW too',
  ({ SESSION_SECRET: text, SESSION_SALT }) =>
    text === undefined || SESSION_SALT !== undefined || keyOf(text).length === 32
      ? undefined
      : 'SESSION_SECRET must be 32 random bytes in base64 or hex (openssl rand -base64 32), or have SESSION_SALT',
  ({ JWT_SECRET: text }) => (text === undefined ? undefined : weakSecret('JWT_SECRET', text)),
  ({ SESSION_SECRET: text, SESSION_SALT }) => {
    if (text === undefined) return undefined
    const secret = SESSION_SALT === undefined ? keyOf(text) : text
    return SESSION_SALT === undefined && secret.length !== 32
      ? undefined
      : weakSecret('SESSION_SECRET', secret)
  },
  ({ SESSION_SALT: text }) =>
    text === undefined || text.length === 16 ? undefined : 'SESSION_SALT must be exactly 16 characters',
  redisProblem,
  ({ SEAWORTHY_OFF: text }) => problemsOfSwitches(entries(text ?? ''))
]

/** The problems that no rule of one variable finds: lists, addresses, variables that belong together. */
export const checkValues = (values: Values): string[] => checks.flatMap((check) => check(values) ?? [])

const durations = ['SHUTDOWN_TIMEOUT', 'GRACE_PERIOD', 'RATE_LIMIT_WINDOW'] as const

/** Warnings about times that are probably meant in seconds, and about a Redis that is named only in part. */
export const questionValues = (values: Values): string[] => [
  ...durations
    .filter((name) => /^[1-9]\d{0,2}$/.test(values[name] ?? ''))
    .map((name) => `${name} is in milliseconds, and is less than one second; 30 seconds are 30000`),
  ...['REDIS_USERNAME', 'REDIS_PASSWORD']
    .filter((name) => values[name] !== undefined && (values.REDIS_HOST ?? values.REDIS_URL) === undefined)
    .map((name) => `${name} is set without REDIS_HOST and REDIS_URL, so each process counts for itself`)
]
