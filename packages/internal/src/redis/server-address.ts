interface Place {
  host?: unknown
  port?: unknown
  path?: unknown
}

/** The members of clients that say where the server is: of ioredis alone, with Sentinel, and as a cluster. */
interface LocatedClient {
  readonly options?: (Place & { sentinels?: unknown; name?: unknown; socket?: unknown }) | undefined
  readonly startupNodes?: unknown
  readonly isCluster?: boolean | undefined
}

const textOf = ({ host, port, path }: Place): string | undefined => {
  if (typeof path === 'string') return path
  return typeof host === 'string' ? `${host}:${Number(port)}` : undefined
}

/** The addresses of a list: objects, numbers of ports on this machine, or URLs, which can have a password. */
function formatNodes(nodes: unknown): string {
  const texts = (Array.isArray(nodes) ? nodes : []).map((node: unknown) => {
    if (typeof node === 'number') return `localhost:${node}`
    if (typeof node === 'string') return node.replace(/^.*(?:@|\/\/)/, '').replace(/[/?].*$/, '')
    return typeof node === 'object' && node !== null ? textOf({ host: 'localhost', port: 6379, ...node }) : ''
  })
  return texts.filter(Boolean).slice(0, 3).join(', ')
}

/** The server of a client in words for the log: `Redis at cache.internal:6379`, if the client shows it. */
export function redisAddress(client: object): string {
  const { options = {}, startupNodes, isCluster } = client as LocatedClient
  if (isCluster === true) return withPlace('the Redis cluster', formatNodes(startupNodes))
  // The host is not used then, and has its default.
  if (Array.isArray(options.sentinels))
    return withPlace(`Redis "${String(options.name)}" of the Sentinel`, formatNodes(options.sentinels))
  const { socket } = options
  return withPlace(
    'Redis',
    textOf(options) ?? (typeof socket === 'object' && socket !== null ? textOf(socket) : '')
  )
}

const withPlace = (what: string, where = ''): string => (where === '' ? what : `${what} at ${where}`)
