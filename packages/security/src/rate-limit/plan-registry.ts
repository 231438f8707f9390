import { routeData } from '@seaworthy/contract'
import type { FastifyRequest, RouteOptions } from 'fastify'
import { isStaticFileRoute } from './static-files.ts'
import type { RouteRateLimit } from './options.ts'
import type { Limit } from './resolve-limit.ts'
import { noLimits, type AppLimits, type RoutePlan } from './route-plan.ts'

type PlannedRoute = Pick<RouteOptions, 'method' | 'url' | 'config'>

/** Decides the plan of each route once, and finds it for each request. */
export class RoutePlans {
  readonly #data = routeData<RoutePlan>('security.rate-limit')
  readonly #limits: AppLimits
  #onlyAdditional = false
  readonly #global: boolean
  readonly #separateFiles: boolean
  readonly #plans: Set<RoutePlan>
  /** Plans of routes that were added before the plugin, by their `config`. */
  readonly #earlier = new WeakMap<object, RoutePlan>()
  /** The last plan of each `config.rateLimit`, for the HEAD route of a GET route. */
  readonly #latest = new WeakMap<object, { url: string; plan: RoutePlan }>()

  /** Whether another plugin limits the routes that are added from now on. */
  isReplaced = false

  /**
   * @param global - Whether routes without `config.rateLimit` have the app's limits.
   * @param separateFiles - Whether routes of static files have a limit of their own.
   */
  constructor(limits: AppLimits, global: boolean, separateFiles: boolean) {
    this.#separateFiles = separateFiles
    this.#limits = limits
    this.#global = global
    this.#plans = new Set(global ? [limits.plan] : [])
  }

  /** All plans in use. */
  get all(): Iterable<RoutePlan> {
    return this.#plans
  }

  /** Decides the plan of a route that is being added, and stores it with the route. */
  add(route: RouteOptions): RoutePlan {
    const plan = this.isReplaced ? noLimits : this.#isForFiles(route) ? this.#forFiles() : this.#decide(route)
    this.#data.set(route, plan)
    return plan
  }

  /** The plan of a request's route. Routes that were added before the plugin get theirs with their first request. */
  of(request: FastifyRequest): RoutePlan {
    const plan = this.#data.get(request)
    if (plan !== undefined) return plan
    // An unknown path has no route that was added before: the other plugin, or the app's 404 handler, limits it.
    if (this.isReplaced && request.is404) return noLimits
    const { method, url = '', config } = request.routeOptions
    const earlier = this.#earlier.get(config)
    if (earlier !== undefined) return earlier
    const decided = this.#decide({ method, url, config })
    this.#earlier.set(config, decided)
    return decided
  }

  /** Removes the limits that @fastify/rate-limit evaluates too, of all plans and of those to come. */
  keepOnlyAdditional(): void {
    this.#onlyAdditional = true
    for (const plan of this.#plans) keepAdditional(plan)
  }

  #isForFiles(route: RouteOptions): boolean {
    const { rateLimit } = (route.config ?? {}) as { rateLimit?: unknown }
    return this.#separateFiles && this.#global && rateLimit === undefined && isStaticFileRoute(route)
  }

  #forFiles(): RoutePlan {
    this.#plans.add(this.#limits.filesPlan)
    return this.#limits.filesPlan
  }

  #decide({ method, url, config }: PlannedRoute): RoutePlan {
    if (config?.operational !== undefined) return noLimits
    const { rateLimit } = (config ?? {}) as { rateLimit?: RouteRateLimit }
    if (rateLimit === undefined) return this.#global ? this.#limits.plan : noLimits
    if (rateLimit === false) return noLimits
    // Fastify's own HEAD route has the same `config.rateLimit` as its GET route and is counted with it.
    const latest = this.#latest.get(rateLimit)
    if (method === 'HEAD' && latest?.url === url) return latest.plan
    const plan = this.#limits.forRoute({ method, url }, rateLimit)
    if (this.#onlyAdditional) keepAdditional(plan)
    this.#plans.add(plan)
    this.#latest.set(rateLimit, { url, plan })
    return plan
  }
}

/** The lists are shared with the hooks of routes, so they are changed in place. */
function keepAdditional(plan: RoutePlan): void {
  for (const list of Object.values(plan) as Limit[][]) {
    const kept = list.filter(({ by, failures }) => by === 'user' || failures !== undefined)
    list.splice(0, list.length, ...kept)
  }
}
