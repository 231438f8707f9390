import { routeData, type AtLeastOne, type Overridable } from '@seaworthy/contract'
import { namesSecret } from '@seaworthy/internal'
import type { FastifyRequest, RouteOptions } from 'fastify'
import { check, optionNames } from '../check.ts'
import type { ResolvedLogging } from '../logging/options.ts'
import type { LoggedRoute } from '../logging/request-line.ts'
import type { HttpMetrics, RouteCells } from '../metrics/http.ts'
import type { ObjectiveRoute } from '../metrics/latency-rules.ts'

/**
 * A route's `config.observability`.
 *
 * @example
 * const observability: RouteObservability = { objective: 3000, longLived: true }
 * app.get('/export', { config: { observability: { objective: 3000 } } }, async () => observability)
 */
export interface RouteObservability {
  /**
   * The latency objective of the route: a bucket of the histogram, and the threshold of slow requests. Milliseconds, at
   * least 1.
   *
   * @defaultValue none: the histogram has no bucket for the route
   * @throws RangeError for a smaller number, when the route is added.
   */
  objective?: number | undefined
  /**
   * A request that takes longer is slow. Milliseconds, at least 0.
   *
   * @defaultValue `objective`, else `logging.slowThreshold`
   * @throws RangeError for a smaller number, when the route is added.
   */
  slowThreshold?: number | undefined
  /**
   * Whether successful requests are logged.
   *
   * @defaultValue true
   */
  log?: boolean | undefined
  /**
   * Whether requests are counted.
   *
   * @defaultValue true
   */
  metrics?: boolean | undefined
  /**
   * Whether an answer lasts for as long as its client listens: long polling, a download, a stream of any type. Its end is
   * no abort, it is never slow, and neither its duration nor its being in flight is counted. Event streams and WebSockets
   * need no switch.
   *
   * @defaultValue false
   */
  longLived?: boolean | undefined
}

const names = optionNames<RouteObservability>({
  objective: true,
  slowThreshold: true,
  log: true,
  metrics: true,
  longLived: true
})

interface ObservabilityRouteConfig {
  /** Logs and metrics of the route. `false`: only its errors are logged, and nothing is counted. */
  observability?: Overridable<this, AtLeastOne<RouteObservability> | false | undefined>
}

declare module 'fastify' {
  interface FastifyContextConfig extends ObservabilityRouteConfig {}
}

/** The settings and metrics of a route, which are computed before its first request. */
export interface Route extends LoggedRoute {
  cells: RouteCells | undefined
  operational: boolean
  /** Whether its answers last for as long as the client listens. */
  longLived: boolean
}

interface Config {
  url?: string | undefined
  operational?: string | undefined
  observability?: RouteObservability | false | undefined
  [late: symbol]: Route | undefined
}

/** The `route` of requests that match no route. */
export const unmatchedRoute = '__unmatched__'

/** Computes the data of each route when it is added, so that a request needs no look-up by name. */
export class Routes {
  readonly objectives: Set<number> = new Set()
  /** Each counted route that was added after the plugin, with the threshold of slow requests. */
  readonly counted: { method: string; url: string; slowThreshold: number }[] = []
  /** Each counted route with an objective. */
  readonly withObjective: ObjectiveRoute[] = []
  haveLongLived: boolean = false
  readonly #data = routeData<Route>('observability.route')
  readonly #kLate = Symbol('seaworthy.observability.late-route')
  readonly #http: HttpMetrics | undefined
  readonly #logging: ResolvedLogging | undefined

  constructor(http: HttpMetrics | undefined, logging: ResolvedLogging | undefined) {
    this.#http = http
    this.#logging = logging
  }

  /** For `onRoute`. A HEAD route that Fastify adds shares the metrics of its GET route. */
  add(options: RouteOptions & { path?: string }): void {
    const { url, method } = options
    const route = this.#create({ ...(options.config as Config | undefined), url })
    this.#data.set(options, route)
    if (route.cells === undefined) return
    for (const name of [method].flat()) {
      // Fastify adds a HEAD route to each GET route: series at 0 of those are of no use.
      if (name === 'HEAD') continue
      this.#http?.zero(url, name, [200, 500])
      this.counted.push({ method: name, url, slowThreshold: route.slowThreshold })
      this.#noteObjective(name, url, options.config as Config | undefined)
    }
  }

  /** Routes of one pattern share their series: the first objective is theirs. */
  #noteObjective(method: string, url: string, { observability }: Config = {}): void {
    const objective = observability === false ? undefined : observability?.objective
    const isNoted = this.withObjective.some((other) => other.method === method && other.url === url)
    if (objective !== undefined && !isNoted) this.withObjective.push({ method, url, objective })
  }

  of(request: FastifyRequest): Route {
    const route = request.is404 ? undefined : this.#data.get(request)
    return route ?? this.#late(request.routeOptions.config as unknown as Config | undefined)
  }

  /** Not-found handlers, and routes that were added before the plugin: computed at their first request. */
  #late(config: Config = {}): Route {
    const existing = config[this.#kLate]
    if (existing !== undefined) return existing
    const route = this.#create(config)
    if (Object.isExtensible(config)) config[this.#kLate] = route
    return route
  }

  #create({ url, operational, observability = {} }: Config): Route {
    const settings = observability === false ? { log: false, metrics: false } : observability
    const {
      objective,
      slowThreshold,
      log = true,
      metrics = true,
      longLived = false
    } = checkRoute(url, settings)
    if (objective !== undefined) this.objectives.add(objective)
    if (longLived) this.haveLongLived = true
    const isCounted = metrics && operational === undefined
    return {
      url,
      text: JSON.stringify(url ?? ''),
      cells: isCounted ? this.#http?.route(url ?? unmatchedRoute) : undefined,
      slowThreshold: slowThreshold ?? objective ?? this.#logging?.slowThreshold ?? Infinity,
      log,
      hidesPath: this.#hasSecretParam(url),
      operational: operational !== undefined,
      longLived
    }
  }

  #hasSecretParam(url: string | undefined): boolean {
    const params = url?.match(/:[A-Za-z0-9_]+/g) ?? []
    return params.some(
      (param) => this.#logging?.secretParams.has(param.slice(1)) === true || namesSecret(param.slice(1))
    )
  }
}

function checkRoute(url: string | undefined, settings: RouteObservability): RouteObservability {
  const option = `config.observability of ${url ?? 'the not-found handler'}`
  check.keys(option, settings, names)
  const { objective, slowThreshold, log, metrics, longLived } = settings
  if (objective !== undefined)
    check.number(`${option}.objective`, objective, { min: 1, unit: 'milliseconds' })
  if (slowThreshold !== undefined) {
    check.number(`${option}.slowThreshold`, slowThreshold, { min: 0, unit: 'milliseconds' })
  }
  if (log !== undefined) check.boolean(`${option}.log`, log)
  if (metrics !== undefined) check.boolean(`${option}.metrics`, metrics)
  if (longLived !== undefined) check.boolean(`${option}.longLived`, longLived)
  return settings
}
