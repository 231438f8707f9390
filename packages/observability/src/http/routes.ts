import type { AtLeastOne, Overridable } from '@seaworthy/contract'
import type { RouteOptions } from 'fastify'
import { check } from '../check.ts'
import type { HttpMetrics, RouteCells } from '../metrics/http.ts'
import type { ResolvedLogging } from '../logging/options.ts'

/** What a route may ask of observability. */
export interface RouteObservability {
  /** The route's latency objective in **milliseconds**: a bucket of the histogram, and its slow threshold. */
  objective?: number | undefined
  /** From how many **milliseconds** on it is slow. */
  slowThreshold?: number | undefined
  /** `false`: no line for successful requests. */
  log?: boolean | undefined
  /** `false`: not counted. */
  metrics?: boolean | undefined
}

interface ObservabilityRouteConfig {
  /** How observability treats the route; `false` leaves it alone, errors excepted. */
  observability?: Overridable<this, AtLeastOne<RouteObservability> | false | undefined>
}

declare module 'fastify' {
  interface FastifyContextConfig extends ObservabilityRouteConfig {}
}

/** What is known of a route before its first request. */
export interface Route {
  /** The pattern, `undefined` for what matched nothing. */
  url: string | undefined
  /** The pattern as JSON. */
  text: string
  cells: RouteCells | undefined
  slowThreshold: number
  log: boolean
  /** The pattern stands for the path in logs: a parameter is a secret. */
  hidesPath: boolean
  operational: boolean
}

interface Config {
  url?: string | undefined
  operational?: string | undefined
  observability?: RouteObservability | false | undefined
  [route: symbol]: Route | undefined
}

export const unmatched = '__unmatched__'

/** Binds each route's numbers and settings when it is added, so that a request looks nothing up by name. */
export class Routes {
  readonly objectives: Set<number> = new Set()
  readonly #kRoute = Symbol('seaworthy.route')
  readonly #http: HttpMetrics | undefined
  readonly #logging: ResolvedLogging | undefined

  constructor(http: HttpMetrics | undefined, logging: ResolvedLogging | undefined) {
    this.#http = http
    this.#logging = logging
  }

  /** For `onRoute`. A HEAD route that Fastify adds shares its GET route's numbers. */
  bind(options: RouteOptions & { path?: string }): void {
    const { url } = options
    const own = options.config as Config | undefined
    const route = this.#make({ ...own, url })
    options.config = { ...own, [this.#kRoute]: route } as RouteOptions['config'] & object
    if (route.cells === undefined) return
    for (const method of [options.method].flat()) {
      // Fastify adds a HEAD route to each GET; nobody alerts on those.
      if (method !== 'HEAD') this.#http?.zero(url, method, [200, 500])
    }
  }

  /** The route of a request, by its `config`. Routes added before the plugin are bound at their first request. */
  of(config: object | undefined): Route {
    const known = (config as Config | undefined)?.[this.#kRoute]
    if (known !== undefined) return known
    const route = this.#make((config as Config | undefined) ?? {})
    if (config !== undefined && Object.isExtensible(config)) (config as Config)[this.#kRoute] = route
    return route
  }

  #make({ url, operational, observability = {} }: Config): Route {
    const settings = observability === false ? { log: false, metrics: false } : observability
    const { objective, slowThreshold, log = true, metrics = true } = checked(url, settings)
    if (objective !== undefined) this.objectives.add(objective)
    const counted = metrics && operational === undefined
    return {
      url,
      text: JSON.stringify(url ?? ''),
      cells: counted ? this.#http?.route(url ?? unmatched) : undefined,
      slowThreshold: slowThreshold ?? objective ?? this.#logging?.slowThreshold ?? Infinity,
      log,
      hidesPath: this.#hidesPath(url),
      operational: operational !== undefined
    }
  }

  #hidesPath(url: string | undefined): boolean {
    const names = url?.match(/:[A-Za-z0-9_]+/g) ?? []
    return names.some((name) => this.#logging?.secretParams.has(name.slice(1)))
  }
}

function checked(url: string | undefined, settings: RouteObservability): RouteObservability {
  const option = `config.observability of ${url ?? 'the not-found handler'}`
  check.keys(option, settings, ['objective', 'slowThreshold', 'log', 'metrics'])
  const { objective, slowThreshold, log, metrics } = settings
  if (objective !== undefined)
    check.number(`${option}.objective`, objective, { min: 1, unit: 'milliseconds' })
  if (slowThreshold !== undefined) {
    check.number(`${option}.slowThreshold`, slowThreshold, { min: 0, unit: 'milliseconds' })
  }
  if (log !== undefined) check.boolean(`${option}.log`, log)
  if (metrics !== undefined) check.boolean(`${option}.metrics`, metrics)
  return settings
}
