/** The services beside an app that the templates have. */
export interface Services {
  database: boolean
  redis: boolean
}

/** The traces of each service in the templates. */
const traces = {
  database: {
    block: 'postgres',
    lines: /\bDB_[A-Z_]+\b|\bport: 5432\b|^\s*(?:postgres-data|db_password):/,
    secret: 'db_password'
  },
  redis: { block: 'redis', lines: /\bREDIS_HOST\b|\bport: 6379\b|^\s*redis-data:/, secret: undefined }
} as const

/** Leaves out of a YAML template what an app without database or Redis has no use for. */
export function withoutUnusedServices(text: string, services: Services): string {
  let result = text
  for (const name of ['database', 'redis'] as const) {
    if (services[name]) continue
    const { block, lines, secret } = traces[name]
    result = result
      // The service of the compose file, up to the next one; and its line under `depends_on`.
      .replace(new RegExp(`^  ${block}:\\n(?:(?: {4}.*)?\\n)+`, 'm'), '')
      .replace(new RegExp(`^ {6}${block}: \\{ condition: .*\\n`, 'm'), '')
      .split('\n')
      .filter((line) => !lines.test(line))
      .join('\n')
    if (secret !== undefined) result = result.replaceAll(`[${secret}, `, '[')
  }
  return result.replace(/^ +depends_on:\n(?! {6})/m, '')
}

/** One process in the settings of PM2 for an app without Redis: each counts rate limits and remembers logins for itself. */
export const withoutSharedState = (settings: string, { redis }: Services): string =>
  redis
    ? settings
    : settings.replace(
        /^( *)instances: 'max',$/m,
        '$1// More need Redis: without it each process has its own rate limits and logins.\n$1instances: 1,'
      )
