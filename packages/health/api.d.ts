// @seaworthy/health: index
import { FastifyPluginAsync } from 'fastify';

/**
 * The type `T` of a member that an interface of Fastify gets from us, unless the app declares the same member itself.
 *
 * `interface FastifyInstance extends Decorators {}` lets an app's own declaration win over an inherited one, but then
 * TypeScript asks that the app's type fits ours. While it compares the two, `this` is a type parameter, and this
 * condition stays open with `any` as the only branch that counts, so that every type fits. Wherever the member is read,
 * `this` is an object, and the type is `T`.
 *
 * Several packages have this type in their declarations, and some declare the same member. TypeScript then asks that
 * both are identical, and compares the name behind `as` by reference: unions and intersections are made once for the
 * same parts, a conditional type is a new one in each file.
 *
 * @example
 * interface Decorators { health: Overridable<this, Health> }
 * declare module 'fastify' { interface FastifyInstance extends Decorators {} }
 */
type Overridable<This, T> = {
    [K in 'own' as K | (K & keyof This)]: 1;
} extends {
    own: 1;
} ? T : any;

/**
 * Marks routes for the platform (probes, metrics): no authentication, rate limit, load shedding or log line.
 * Set by the plugin that adds the route, read by the others.
 */
type OperationalRoute = 'probe' | 'metrics';
interface OperationalConfig {
    /** Marks a route that serves the platform, not users: `probe` or `metrics`. Plugins do not act on it. */
    operational?: Overridable<this, OperationalRoute>;
}
declare module 'fastify' {
    interface FastifyContextConfig extends OperationalConfig {
    }
}

interface ReadinessCheckOptions {
    /**
     * Whether a failure makes the service not ready; otherwise it becomes degraded.
     *
     * @defaultValue true
     */
    critical?: boolean | undefined;
    /**
     * Milliseconds after which a check that has not settled has failed, 1 to 60000.
     *
     * @defaultValue the `timeout` of the provider
     */
    timeout?: number | undefined;
    /**
     * Milliseconds between runs in the background, 10 to 3600000. 0 turns them off.
     *
     * @defaultValue 0
     */
    interval?: number | undefined;
    /**
     * Milliseconds for which a result is cached, 0 to 3600000.
     *
     * @defaultValue the `cacheFor` of the provider
     */
    cacheFor?: number | undefined;
}

/**
 * The outcome of a check.
 *
 * @example
 * const status: CheckOutcome = 'degraded'
 * app.health.addCheck('replicas', () => ({ status }))
 */
type CheckOutcome = 'pass' | 'degraded' | 'fail';
/**
 * The return value of a check with details.
 *
 * @example
 * app.health.addCheck('replicas', (): CheckResult => ({ status: 'degraded', detail: { running: 1, wanted: 2 } }))
 */
interface CheckResult {
    status: CheckOutcome;
    /** Shown to operators only, never on public probes. It must hold no secrets. */
    detail?: Record<string, string | number | boolean>;
}
/**
 * Checks one dependency. It fails if it throws, rejects, or returns `false`, an error or anything else that states a
 * failure: `'down'`, `{ status: 'fail' }`, `{ ok: false }`, `{ database: { status: 'down' } }`. It also fails if it
 * returns a text or a status that is not understood. It may return `'degraded'` or a {@link CheckResult}. Anything else
 * passes. `signal` is aborted when the check's time is over: pass it to the calls that take one.
 *
 * @example
 * const check: CheckFunction = async (signal) => (await fetch('http://payments.internal/', { signal })).ok
 * app.health.addCheck('payments', check)
 */
type CheckFunction = (signal: AbortSignal) => unknown;
/**
 * Options of a check. Every option may be left out.
 *
 * @example
 * const options: CheckOptions = { critical: false, interval: 5000, failureThreshold: 3 }
 * app.health.addCheck('queue', async () => true, options)
 */
interface CheckOptions extends ReadinessCheckOptions {
    /**
     * Whether readiness fails if the check fails. If an optional check fails, the service becomes `degraded` and still
     * gets traffic. That is right for a dependency that all replicas share and can do without.
     *
     * @defaultValue true
     */
    critical?: boolean | undefined;
    /**
     * Milliseconds after which the check has failed, even if it ignores its signal, 1 to 60000.
     *
     * @defaultValue the plugin's `timeout`
     */
    timeout?: number | undefined;
    /**
     * Milliseconds for which a result is cached before a probe runs the check again, 0 to 3600000.
     *
     * @defaultValue the plugin's `cacheFor`
     * @throws RangeError together with `interval`.
     */
    cacheFor?: number | undefined;
    /**
     * Milliseconds between runs in the background, 10 to 3600000. Probes then never wait for the check. 0 runs it when a
     * probe arrives.
     *
     * @defaultValue 0
     */
    interval?: number | undefined;
    /**
     * With `interval`: milliseconds after which a result is stale, 1 to 14400000. A probe then waits for a new run, and
     * the check fails if there is none.
     *
     * @defaultValue three times `interval` plus `timeout`
     */
    staleAfter?: number | undefined;
    /**
     * Number of failures in a row until a passing check counts as failed, 1 to 1000. The very first result counts at once.
     *
     * @defaultValue 1
     */
    failureThreshold?: number | undefined;
    /**
     * Number of passes in a row until a failed check counts as passing, 1 to 1000.
     *
     * @defaultValue 1
     */
    successThreshold?: number | undefined;
    /**
     * Milliseconds above which a run is logged as slow, 0 to 3600000. It is logged once until a run is fast again. 0 turns
     * it off.
     *
     * @defaultValue half the `timeout`
     */
    slowAfter?: number | undefined;
    /**
     * Milliseconds after which readiness ignores the critical check if it fails and has passed before, 0 to 86400000. It
     * prevents a shared dependency from taking all replicas out of traffic at once. 0 means never.
     *
     * @defaultValue the plugin's `maxUnready`
     */
    maxUnready?: number | undefined;
    /**
     * The groups of the check. `/health/ready` runs the group `ready`; any other group has a probe at
     * `/health/group/<name>`.
     *
     * @defaultValue ['ready']
     * @throws RangeError for the group `live`, and for names with characters other than letters, digits, `.`, `_`, `-`.
     */
    groups?: readonly string[] | undefined;
}
/**
 * A check and its options in one object.
 *
 * @example
 * const queue: CheckDefinition = { check: async () => true, critical: false, timeout: 500 }
 * await app.register(health, { checks: { queue } })
 */
interface CheckDefinition extends CheckOptions {
    /** The check itself. */
    check: CheckFunction;
}

/**
 * The members of a breaker that the check reads: `opened` and `halfOpen` of opossum, or a `state`.
 *
 * @example
 * const prices: BreakerLike = { name: 'prices', state: 'open' }
 * app.health.addCheck('prices', breakerCheck(prices))
 */
interface BreakerLike {
    readonly name?: string;
    readonly opened?: boolean;
    readonly halfOpen?: boolean;
    readonly state?: string;
}
/**
 * One breaker, several, or a function that lists those that exist at the time.
 *
 * @example
 * const breakers: Breakers = () => [{ name: 'prices', state: 'closed' }]
 * app.health.addCheck('breakers', breakerCheck(breakers))
 */
type Breakers = BreakerLike | readonly BreakerLike[] | (() => Iterable<BreakerLike>);
/**
 * Passes while no breaker is open; a half-open one makes it degraded. It calls nothing, it only reads the breakers. Add
 * it with `critical: false`, unless the service is useless without the dependency behind the breaker.
 *
 * @example
 * const prices = { name: 'prices', state: 'closed' }
 * app.health.addCheck('breakers', breakerCheck(prices), { critical: false })
 */
declare function breakerCheck(breakers: Breakers): CheckFunction;

/**
 * Options of {@link httpCheck}.
 *
 * @example
 * const options: HttpCheckOptions = { method: 'GET', expect: (statusCode) => statusCode < 500 }
 * app.health.addCheck('payments', httpCheck('http://payments.internal/', options))
 */
interface HttpCheckOptions {
    /**
     * The method of the request.
     *
     * @defaultValue 'GET'
     */
    method?: string | undefined;
    /**
     * The headers of the request.
     *
     * @defaultValue {}
     */
    headers?: Record<string, string> | undefined;
    /**
     * Whether a status passes.
     *
     * @defaultValue 200 to 299
     */
    expect?: ((statusCode: number) => boolean) | undefined;
}
/**
 * Passes if the address responds with success. It does not follow redirects and does not read the body.
 *
 * @example
 * app.health.addCheck('payments', httpCheck('http://payments.internal/health'), { critical: false })
 * @throws RangeError with the code `INVALID_OPTION` if `url` is no http or https address, or has a password.
 */
declare function httpCheck(url: string | URL, options?: HttpCheckOptions): CheckFunction;

/**
 * The database that the check needs: a `Pool` of `pg`, or any object with `query` (a client, an embedded database).
 *
 * @example
 * const pool: PostgresLike = { query: async (text) => console.log(text) }
 * app.health.addCheck('database', postgresCheck(pool))
 */
interface PostgresLike {
    query(text: string): Promise<unknown>;
}
/**
 * Options of {@link postgresCheck}.
 *
 * @example
 * const options: PostgresCheckOptions = { query: 'SELECT 1 FROM orders LIMIT 1' }
 * app.health.addCheck('orders', postgresCheck({ query: async () => undefined }, options))
 */
interface PostgresCheckOptions {
    /**
     * The query to run.
     *
     * @defaultValue 'SELECT 1'
     */
    query?: string | undefined;
}
/**
 * Passes if PostgreSQL answers a query. With a pool of `pg`, a connection that does not answer in time is destroyed, so
 * that the pool drops connections that a frozen or failed-over server has left, and at most one connection is requested
 * at a time. A pool without an `error` listener gets one: otherwise an idle connection that breaks ends the process.
 *
 * @example
 * const pool = { query: async (_text: string) => ({ rows: [] }) } // new Pool() of pg
 * app.health.addCheck('database', postgresCheck(pool))
 */
declare function postgresCheck(database: PostgresLike, options?: PostgresCheckOptions): CheckFunction;

/**
 * The client that the check needs: of `ioredis` or `redis` (node-redis), or any object with `ping`.
 *
 * @example
 * const redis: RedisLike = { ping: async () => 'PONG', status: 'ready' }
 * app.health.addCheck('cache', redisCheck(redis))
 */
interface RedisLike {
    ping(): Promise<unknown>;
    /** ioredis */
    readonly status?: string;
    /** node-redis */
    readonly isReady?: boolean;
    /** Where the client has it, a failed check has the error of the connection. */
    on?(event: 'error' | 'ready', listener: (error?: Error) => void): unknown;
}
/**
 * Passes if Redis answers a PING. A client that has lost its connection fails at once, with the reason: a PING would wait
 * in its offline queue until the check's time is over.
 *
 * @example
 * const redis = { ping: async () => 'PONG' } // new Redis() of ioredis
 * app.health.addCheck('cache', redisCheck(redis), { critical: false })
 */
declare function redisCheck(client: RedisLike): CheckFunction;

/**
 * Options of {@link diskCheck}.
 *
 * @example
 * const options: DiskCheckOptions = { minFree: 1_000_000_000 }
 * app.health.addCheck('disk', diskCheck('/var/data', options))
 */
interface DiskCheckOptions {
    /**
     * The share of the file system that must be free for unprivileged users, 0 to 1.
     *
     * @defaultValue 0.05
     */
    minFree?: number | undefined;
}
/**
 * Passes while the file system of `path` has enough free space.
 *
 * @example
 * app.health.addCheck('disk', diskCheck('/var/data'), { interval: 60_000 })
 * @throws RangeError with the code `INVALID_OPTION` for a wrong option.
 */
declare function diskCheck(path: string, options?: DiskCheckOptions): CheckFunction;
/**
 * Options of {@link memoryCheck}.
 *
 * @example
 * const options: MemoryCheckOptions = { maxHeap: 0.9 }
 * app.health.addCheck('memory', memoryCheck(options))
 */
interface MemoryCheckOptions {
    /**
     * The share of V8's heap limit that may be used, 0.01 to 1.
     *
     * @defaultValue 0.9
     */
    maxHeap?: number | undefined;
    /**
     * Bytes of the process that may be resident, at least 0. 0 is no limit.
     *
     * @defaultValue 0
     */
    maxRss?: number | undefined;
}
/**
 * Passes while the process is below its memory limits. It is meant for readiness: less traffic may be enough to recover.
 *
 * @example
 * app.health.addCheck('memory', memoryCheck({ maxHeap: 0.9 }), { failureThreshold: 3 })
 * @throws RangeError with the code `INVALID_OPTION` for a wrong option.
 */
declare function memoryCheck(options?: MemoryCheckOptions): CheckFunction;
/**
 * Options of {@link eventLoopCheck}.
 *
 * @example
 * const options: EventLoopCheckOptions = { maxDelay: 500 }
 * app.health.addCheck('event loop', eventLoopCheck(options))
 */
interface EventLoopCheckOptions {
    /**
     * Milliseconds that a timer may be late, 1 to 60000. Keep it below the check's `timeout`.
     *
     * @defaultValue 500
     */
    maxDelay?: number | undefined;
}
/**
 * Passes while the event loop keeps up: it measures how late a timer fires. Between runs it costs nothing.
 *
 * @example
 * app.health.addCheck('event loop', eventLoopCheck({ maxDelay: 500 }))
 * @throws RangeError with the code `INVALID_OPTION` for a wrong option.
 */
declare function eventLoopCheck(options?: EventLoopCheckOptions): CheckFunction;

/** `pending` until the first run has ended. */
type CheckState = CheckOutcome | 'pending';

/**
 * A change of a check's state, kept for operators.
 *
 * @example
 * const last: Transition | undefined = app.health.status().history.at(-1)
 * console.log(last?.check, last?.from, last?.to)
 */
interface Transition {
    at: string;
    check: string;
    from: CheckState;
    to: CheckState;
    error?: string;
}

/**
 * Why the service is not ready, whatever its checks return.
 *
 * @example
 * const reason: NotReadyReason | undefined = app.health.status().reason
 * console.log(reason === 'draining')
 */
type NotReadyReason = 'starting' | 'held' | 'maintenance' | 'broken' | 'draining';
/**
 * Options of {@link Maintenance.enter}.
 *
 * @example
 * const options: MaintenanceOptions = { maxDuration: 600_000 }
 * app.health.maintenance.enter('an index is rebuilt', options)
 */
interface MaintenanceOptions {
    /**
     * Milliseconds after which maintenance ends by itself, 1 to 604800000 (a week).
     *
     * @defaultValue none: it ends with `leave`
     * @throws RangeError with the code `INVALID_OPTION` for any other number.
     */
    maxDuration?: number | undefined;
}
/**
 * The maintenance switch.
 *
 * @example
 * app.health.maintenance.enter('an index is rebuilt', { maxDuration: 600_000 })
 * app.health.maintenance.leave()
 */
interface Maintenance {
    /** Takes the service out of traffic: readiness responds with 503, liveness does not. Only operators see the reason. */
    enter(reason: string, options?: MaintenanceOptions): void;
    /** Puts the service back into traffic. */
    leave(): void;
    /** The reason, and the start in milliseconds of the epoch. `undefined` if there is no maintenance. */
    readonly current: {
        readonly reason: string;
        readonly since: number;
    } | undefined;
}

/**
 * The status of readiness or of a group.
 *
 * @example
 * const status: ReadyStatus = app.health.status().status
 * console.log(status === 'ready')
 */
type ReadyStatus = 'ready' | 'degraded' | 'not ready';

/**
 * When liveness fails after the app has declared itself broken: a guard against restarts in a loop, or of all at once.
 *
 * @example
 * const broken: BrokenOptions = { minUptime: 120_000, spread: 60_000 }
 * await app.register(health, { broken })
 */
interface BrokenOptions {
    /**
     * Milliseconds that a process lives at least before its liveness fails, 0 to 3600000. A process that is broken from its
     * start is thus not restarted more often than that.
     *
     * @defaultValue 60000
     */
    minUptime?: number | undefined;
    /**
     * The longest random delay before liveness fails, so that replicas with the same cause do not restart at the same time.
     * Milliseconds, 0 to 3600000.
     *
     * @defaultValue 30000
     */
    spread?: number | undefined;
}

/**
 * Work that must succeed before the service is ready. `signal` is aborted when its time is over and when the app closes.
 * It may run several times, until it succeeds.
 *
 * @example
 * const warm: StartupTask = async (signal) => (await fetch('http://prices.internal/all', { signal })).json()
 * await app.register(health, { startupTasks: { warm } })
 */
type StartupTask = (signal: AbortSignal) => unknown;
/**
 * How a start-up task is run again after it has failed.
 *
 * @example
 * const options: StartupTaskOptions = { retries: 10, delay: 500, timeout: 5000 }
 * app.health.startupTask('prices', async (signal) => fetch('http://prices.internal/all', { signal }), options)
 */
interface StartupTaskOptions {
    /**
     * The number of runs after the first one, 0 to 1000000. After the last one the app is broken: liveness fails as the option `broken`
     * of the plugin says, so that the platform restarts the process.
     *
     * @defaultValue none: it is run until it succeeds
     */
    retries?: number | undefined;
    /**
     * The longest wait before the first retry; doubled before each further one. The wait is random, between half of it and
     * all of it, so that replicas do not call a dependency at the same time. Milliseconds, 0 to 3600000.
     *
     * @defaultValue 1000
     */
    delay?: number | undefined;
    /**
     * The longest wait before any retry. Milliseconds, 0 to 3600000.
     *
     * @defaultValue 60000
     */
    maxDelay?: number | undefined;
    /**
     * The time that one run may take. Milliseconds, 1 to 86400000.
     *
     * @defaultValue `startupTimeout` of the plugin
     */
    timeout?: number | undefined;
}
/**
 * A start-up task with its options.
 *
 * @example
 * const prices: StartupTaskDefinition = {
 *   task: async (signal) => fetch('http://prices.internal/all', { signal }),
 *   retries: 10
 * }
 * await app.register(health, { startupTasks: { prices } })
 */
interface StartupTaskDefinition extends StartupTaskOptions {
    task: StartupTask;
}

/**
 * A check's last results, for operators. Times are ISO 8601, durations milliseconds.
 *
 * @example
 * const report: CheckReport | undefined = app.health.status().checks['database']
 * console.log(report?.status, report?.duration, report?.error)
 */
interface CheckReport {
    status: 'pass' | 'degraded' | 'fail' | 'pending';
    critical: boolean;
    groups: readonly string[];
    /** Since when the status is what it is. */
    since: string;
    lastRun?: string;
    lastPass?: string;
    duration?: number;
    error?: string;
    detail?: Record<string, string | number | boolean>;
    /** It has failed for longer than `maxUnready`, so readiness ignores it. */
    ignored?: boolean;
}
/**
 * The health of the service, for operators. It may contain addresses and messages, so it is not for the public.
 *
 * @example
 * const report: HealthReport = await app.health.check()
 * console.log(report.status, Object.keys(report.checks))
 */
interface HealthReport {
    status: ReadyStatus;
    reason?: NotReadyReason;
    maintenance?: {
        reason: string;
        since: string;
    };
    /** The app has declared itself broken: why, since when, and from when on liveness fails. */
    broken?: {
        reason: string;
        since: string;
        restartAt: string;
    };
    started: boolean;
    /** The names of start-up tasks and holds that keep the service not ready. */
    held: string[];
    checks: Record<string, CheckReport>;
    /** The last changes, oldest first. */
    history: readonly Transition[];
}

/**
 * `app.health`
 *
 * @example
 * app.health.addCheck('database', async () => true)
 * const release = app.health.hold('migration')
 * release()
 * console.log(app.health.status().status)
 */
interface Health {
    /**
     * Adds a check, before or after the app is ready.
     *
     * @throws RangeError with the code `INVALID_OPTION` for a wrong option; Error if the name is taken.
     */
    addCheck(name: string, check: CheckFunction, options?: CheckOptions): void;
    /** Keeps the service not ready until the returned function is called, and start-up from ending if it has not ended. */
    hold(name: string): () => void;
    /** Runs `task` once the app has loaded, or at once if it has. The service is not ready until it has succeeded. */
    startupTask(name: string, task: StartupTask, options?: StartupTaskOptions): void;
    /**
     * Declares the app broken, so that the platform restarts the process: a state that only a restart repairs. The service
     * is not ready at once; liveness fails later, as the option `broken` says. `reason` is for operators only.
     *
     * @returns A function that takes it back.
     * @throws RangeError with the code `INVALID_OPTION` for an empty reason.
     */
    broken(reason: string): () => void;
    readonly maintenance: Maintenance;
    /** The report of the last results. Runs no check. */
    status(): HealthReport;
    /** Runs all checks that have no fresh result, in all groups, and returns the report. */
    check(): Promise<HealthReport>;
}

/**
 * Options of the health plugin. Every option may be left out.
 *
 * @example
 * const options: HealthOptions = { prefix: '/healthz', cacheFor: 2000, checks: { database: async () => true } }
 * await app.register(health, options)
 */
interface HealthOptions {
    /**
     * The path of the probes: `/health/live`, `/health/ready`, `/health/startup`, `/health/group/<name>`. It starts with
     * `/` and does not end with `/`. The empty string puts the probes at the root.
     *
     * @defaultValue '/health'
     * @throws RangeError for any other text.
     */
    prefix?: string;
    /**
     * The checks by name, each a function or `{ check, timeout, critical, … }`. `app.health.addCheck` adds more.
     *
     * @defaultValue {}
     * @throws RangeError for a check that is no function, and for a wrong option of a check.
     */
    checks?: Readonly<Record<string, CheckFunction | CheckDefinition>> | undefined;
    /**
     * Work that must succeed before the service is ready: cache warming, migrations. All tasks start together once the
     * app has loaded, and do not delay its listening. Startup and readiness respond with 503 until all have succeeded. A
     * task that fails is run again within a second, later within up to a minute, until it succeeds; `{ task, retries,
     * delay, maxDelay, timeout }` changes that.
     *
     * @defaultValue {}
     * @throws RangeError for a task that is no function, and for a wrong option of a task.
     */
    startupTasks?: Readonly<Record<string, StartupTask | StartupTaskDefinition>> | undefined;
    /**
     * Milliseconds that a startup task may take, 1 to 86400000 (a day). Then its signal is aborted and it has failed.
     *
     * @defaultValue 600000
     */
    startupTimeout?: number | undefined;
    /**
     * Milliseconds that a check may take, 1 to 60000. The default fits Kubernetes' probes, which give up after a second.
     * A probe responds within that second in any case; of a check that takes longer it shows the result before.
     *
     * @defaultValue 800
     */
    timeout?: number | undefined;
    /**
     * Milliseconds for which the result of a check is cached, 0 to 3600000.
     *
     * @defaultValue 1000
     */
    cacheFor?: number | undefined;
    /**
     * Milliseconds after which readiness ignores a failing critical check that has passed before, 0 to 86400000 (a day).
     * 0 means never. See the option of the same name of a check.
     *
     * @defaultValue 0
     */
    maxUnready?: number | undefined;
    /**
     * When liveness fails after `app.health.broken(reason)`: not before the process has lived for `minUptime`, and up to
     * `spread` later at random, so that a fault of all replicas does not restart them in a loop, or all at once.
     *
     * @defaultValue { minUptime: 60000, spread: 30000 }
     * @throws RangeError for a number outside 0 to 3600000.
     */
    broken?: BrokenOptions | undefined;
    /**
     * Whether public responses name the checks. With `false` they have only the status. Durations, errors and history are
     * never public.
     *
     * @defaultValue true
     */
    expose?: boolean | undefined;
    /**
     * The HTTP status while an optional check fails, 200 to 599.
     *
     * @defaultValue 200
     */
    degradedStatus?: number | undefined;
    /**
     * The HTTP status while the service must get no traffic, 400 to 599.
     *
     * @defaultValue 503
     */
    notReadyStatus?: number | undefined;
}

interface HealthDecorators {
    /** Checks, start-up, maintenance: what the probes report. */
    health: Overridable<this, Health>;
}
declare module 'fastify' {
    interface FastifyInstance extends HealthDecorators {
    }
}
/**
 * Liveness, readiness and startup probes that no hook, limit or stalled dependency can fail.
 *
 * @example
 * await app.register(health, { checks: { database: async () => true } })
 * console.log((await app.inject('/health/ready')).json())
 */
declare const health: FastifyPluginAsync<HealthOptions>;

export { breakerCheck, health as default, diskCheck, eventLoopCheck, health, httpCheck, memoryCheck, postgresCheck, redisCheck };
export type { BreakerLike, Breakers, BrokenOptions, CheckDefinition, CheckFunction, CheckOptions, CheckOutcome, CheckReport, CheckResult, DiskCheckOptions, EventLoopCheckOptions, Health, HealthOptions, HealthReport, HttpCheckOptions, Maintenance, MaintenanceOptions, MemoryCheckOptions, NotReadyReason, PostgresCheckOptions, PostgresLike, ReadyStatus, RedisLike, StartupTask, StartupTaskDefinition, StartupTaskOptions, Transition };
