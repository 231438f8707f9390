type Options = Record<string, unknown>

/**
 * The service's name, where `fromEnv` read it from other variables than those of the process, or from a file: the parts
 * see neither.
 */
export function serviceNameOf(options: object): string | undefined {
  const { env } = options as { env?: { OTEL_SERVICE_NAME?: unknown } }
  const name = env?.OTEL_SERVICE_NAME
  return typeof name === 'string' && name !== process.env.OTEL_SERVICE_NAME ? name : undefined
}

/** Puts the service's name into the keys of a part in Redis, unless the app has chosen others. */
export function withServiceName(part: string, options: Options, name: string | undefined): Options {
  if (name === undefined) return options
  if (part === 'security') {
    const { rateLimit } = options
    if (rateLimit === false) return options
    const limits = typeof rateLimit === 'object' ? rateLimit : {}
    return { ...options, rateLimit: { nameSpace: `seaworthy-rate-limit:${name}:`, ...limits } }
  }
  // Services that share an issuer share what they revoke.
  if (part !== 'auth' || (options.jwt as { issuer?: string } | undefined)?.issuer !== undefined)
    return options
  return { redisPrefix: `seaworthy:{auth:${encodeURIComponent(name)}}:`, ...options }
}
