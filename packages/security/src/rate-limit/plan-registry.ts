import { routeData } from '@seaworthy/contract'
import type { FastifyRequest, RouteOptions } from 'fastify'
import { isStaticFileRoute } from './static-files.ts'
import type { RouteRateLimit } from './options.ts'
import type { Limit } from './resolve-limit.ts'
import { copyOfAppPlan, noLimits, type AppLimits, type NamedRoute, type RoutePlan } from './route-plan.ts'

type PlannedRoute = NamedRoute & Pick<RouteOptions, 'config'>

/** Decides the plan of each route once, and finds it for each request. */
export class RoutePlans {
  readonly #data = routeData<RoutePlan>('security.rate-limit')
  readonly #limits: AppLimits
  readonly #global: boolean
  readonly #separateFiles: boolean
  readonly #plans: Set<RoutePlan>
  /** Plans of routes that were added before the plugin, by their `config`. */
  readonly #earlier = new WeakMap<object, RoutePlan>()
  /** The last plan of each `config.rateLimit`, for the HEAD route of a GET route. */
  readonly #latest = new WeakMap<object, { url: string; plan: RoutePlan }>()

  /** The routes with their plans, until the app is ready. */
  #routes: [route: RouteOptions, plan: RoutePlan][] = []
  #givesWayForUnknown = false

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
    const decided = this.#isForFiles(route) ? this.#forFiles() : this.#decide(route)
    // Each route has a plan of its own, because another plugin may limit only some of them.
    const plan = decided.isOfApp ? copyOfAppPlan(decided) : decided
    if (plan !== noLimits) this.#plans.add(plan)
    this.#data.set(route, plan)
    this.#routes.push([route, plan])
    return plan
  }

  /** The plan of a request's route. Routes that were added before the plugin get theirs with their first request. */
  of(request: FastifyRequest): RoutePlan {
    const plan = this.#data.get(request)
    if (plan !== undefined) return plan
    // An unknown path has no route that was added before: the other plugin, or the app's 404 handler, limits it.
    if (this.isReplaced && this.#givesWayForUnknown && request.is404) return noLimits
    const { method, url = '', config } = request.routeOptions
    const earlier = this.#earlier.get(config)
    if (earlier !== undefined) return earlier
    const decided = this.#decide({ method, url, config })
    this.#earlier.set(config, decided)
    return decided
  }

  /**
   * Removes the limits of routes that @fastify/rate-limit limits. With `global: false` it leaves most routes out: those
   * keep their limits, and unknown paths too. Called when all routes are there.
   *
   * @param isCovered - Whether the other plugin limits a route.
   */
  giveWay(isCovered: (route: RouteOptions) => boolean): void {
    for (const [route, plan] of this.#routes) {
      if (!isCovered(route)) continue
      if (plan.isOfApp) this.#givesWayForUnknown = true
      if (this.isReplaced) removeAll(plan)
      else keepAdditional(plan)
    }
    if (this.#givesWayForUnknown && !this.isReplaced) keepAdditional(this.#limits.plan)
    this.forgetRoutes()
  }

  /** Frees what only {@link giveWay} needs. */
  forgetRoutes(): void {
    this.#routes = []
  }

  #isForFiles(route: RouteOptions): boolean {
    const { rateLimit } = (route.config ?? {}) as { rateLimit?: unknown }
    return this.#separateFiles && this.#global && rateLimit === undefined && isStaticFileRoute(route)
  }

  #forFiles(): RoutePlan {
    this.#plans.add(this.#limits.filesPlan)
    return this.#limits.filesPlan
  }

  #decide({ method, url, constraints, config }: PlannedRoute): RoutePlan {
    if (config?.operational !== undefined) return noLimits
    const { rateLimit } = (config ?? {}) as { rateLimit?: RouteRateLimit }
    if (rateLimit === undefined) return this.#global ? this.#limits.plan : noLimits
    if (rateLimit === false) return noLimits
    // Fastify's own HEAD route has the same `config.rateLimit` as its GET route and is counted with it.
    const latest = this.#latest.get(rateLimit)
    if (method === 'HEAD' && latest?.url === url) return latest.plan
    const plan = this.#limits.forRoute({ method, url, constraints }, rateLimit)
    this.#plans.add(plan)
    this.#latest.set(rateLimit, { url, plan })
    return plan
  }
}

const isAdditional = ({ by, failures }: Limit): boolean => by === 'user' || failures !== undefined
const keepAdditional = (plan: RoutePlan): void => keep(plan, isAdditional)
const removeAll = (plan: RoutePlan): void => keep(plan, () => false)

/** The lists are shared with the hooks of routes, so they are changed in place. */
function keep(plan: RoutePlan, isKept: (limit: Limit) => boolean): void {
  for (const list of Object.values(plan) as (Limit[] | boolean)[]) {
    if (Array.isArray(list)) list.splice(0, list.length, ...list.filter(isKept))
  }
}
