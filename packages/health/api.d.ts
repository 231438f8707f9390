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
 * Marks the service's own routes (probes, metrics): no authentication, rate limit or load shedding, no log line.
 * Set by the plugin that adds the route, read by the others.
 */
type OperationalRoute = 'probe' | 'metrics';
interface OperationalConfig {
    /** The route serves the platform, not users: `probe` or `metrics`. Plugins then leave it alone. */
    operational?: Overridable<this, OperationalRoute>;
}
declare module 'fastify' {
    interface FastifyContextConfig extends OperationalConfig {
    }
}

interface ReadinessCheckOptions {
    /** A failing critical check makes the service not ready; another one only degraded. Default true. */
    critical?: boolean;
    /** Milliseconds after which the check has failed, whatever it does. */
    timeout?: number;
    /** Milliseconds between runs in the background. */
    interval?: number;
    /** Milliseconds for which a result is served again. */
    cacheFor?: number;
}

/** What a check says: `true`, nothing or any other value is a pass; `false` and an error are a failure. */
type CheckOutcome = 'pass' | 'degraded' | 'fail';
/** The long form of what a check may return, where there is something to say beside it. */
interface Finding {
    status: CheckOutcome;
    /** Shown to operators only: never on the public probes. No secrets. */
    detail?: Record<string, string | number | boolean>;
}
/**
 * Looks at one dependency. It passes unless it throws, rejects, or gives `false`. `'degraded'` or a {@link Finding}
 * say more. `signal` is aborted when its time is up: hand it on to whatever takes one.
 */
type CheckFunction = (signal: AbortSignal) => unknown;
/** How a check is run and what its failure means. Every one may be left out. */
interface CheckOptions extends ReadinessCheckOptions {
    /**
     * Whether readiness fails with it. An optional check that fails makes the service `degraded`, which still takes
     * traffic: right for whatever all replicas share and can do without.
     *
     * @defaultValue true
     */
    critical?: boolean;
    /**
     * Milliseconds after which the check has failed, even if it ignores its signal. 1 to 60000.
     *
     * @defaultValue the plugin's `timeout`
     */
    timeout?: number;
    /**
     * Milliseconds for which a result is served again, before a probe runs the check anew. 0 to 3600000.
     *
     * @defaultValue the plugin's `cacheFor`
     * @throws RangeError when `interval` is given too.
     */
    cacheFor?: number;
    /**
     * Runs the check in the background every so many milliseconds, 10 to 3600000; probes then never wait for it.
     * 0 runs it when a probe asks.
     *
     * @defaultValue 0
     */
    interval?: number;
    /**
     * With `interval`: milliseconds after which a result has become too old to be believed. A probe then waits for a
     * new run, and the check fails where none comes.
     *
     * @defaultValue three intervals and one `timeout`
     */
    staleAfter?: number;
    /**
     * Failures in a row before a passing check counts as failed. 1 to 1000. The first result ever counts at once.
     *
     * @defaultValue 1
     */
    failureThreshold?: number;
    /**
     * Passes in a row before a failed check counts as passing again. 1 to 1000.
     *
     * @defaultValue 1
     */
    successThreshold?: number;
    /**
     * Milliseconds above which a run is reported as slow, once until one is fast again. 0 switches it off.
     *
     * @defaultValue half the `timeout`
     */
    slowAfter?: number;
    /**
     * Milliseconds after which a critical check that used to pass, and now fails, no longer holds back readiness.
     * It is the guard against a shared dependency that takes every replica out at once. 0 never gives in.
     *
     * @defaultValue the plugin's `maxUnready`
     */
    maxUnready?: number;
    /**
     * The groups it belongs to. `ready` is what `/health/ready` asks; every other name gets a probe of its own at
     * `/health/group/<name>`.
     *
     * @defaultValue ['ready']
     */
    groups?: readonly string[];
}
/** A check and its options in one object. */
interface CheckDefinition extends CheckOptions {
    /** The check itself. */
    check: CheckFunction;
}

/** `pending` until the first run has ended. */
type CheckState = CheckOutcome | 'pending';

/** A change of a check's state, kept for operators. */
interface Transition {
    at: string;
    check: string;
    from: CheckState;
    to: CheckState;
    error?: string;
}

/** Work that must succeed before the service is ready. `signal` is aborted when the app closes. */
type StartupTask = (signal: AbortSignal) => unknown;
/** Why readiness is held back, whatever the checks say. */
type NotReadyReason = 'starting' | 'held' | 'maintenance' | 'draining';
/** The maintenance switch. */
interface Maintenance {
    /** Takes the service out of traffic: readiness answers 503, liveness stays. The reason is for operators. */
    enter(reason: string): void;
    /** Gives it traffic again. */
    leave(): void;
    /** Why, and since when in milliseconds of the epoch; undefined while not in maintenance. */
    readonly current: {
        readonly reason: string;
        readonly since: number;
    } | undefined;
}

/** What a probe answers. */
type ReadyStatus = 'ready' | 'degraded' | 'not ready';

/** What is known of a check, for operators. Times are ISO 8601, durations milliseconds. */
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
    /** It has failed for longer than `maxUnready`, and readiness no longer waits for it. */
    ignored?: boolean;
}
/** What is known of the service, for operators. It may hold addresses and messages: not for the public. */
interface HealthReport {
    status: ReadyStatus;
    reason?: NotReadyReason;
    maintenance?: {
        reason: string;
        since: string;
    };
    started: boolean;
    /** Start-up tasks and holds that readiness waits for. */
    held: string[];
    checks: Record<string, CheckReport>;
    /** The last changes, oldest first. */
    history: readonly Transition[];
}
/** `app.health` */
interface Health {
    /**
     * Adds a check; before or after the app is ready.
     *
     * @throws RangeError naming the option that cannot work; Error when the name is taken.
     */
    addCheck(name: string, check: CheckFunction, options?: CheckOptions): void;
    /** Holds readiness back until the returned function is called. Until the app has started once, startup too. */
    hold(name: string): () => void;
    /** Runs `task` once the app has loaded (at once where it has), and holds readiness until it has succeeded. */
    startupTask(name: string, task: StartupTask): void;
    readonly maintenance: Maintenance;
    /** What is known now. Starts no check. */
    status(): HealthReport;
    /** Runs what has no fresh result, in all groups, then tells. */
    check(): Promise<HealthReport>;
}

/** What the check reads of a breaker: opossum's `opened` and `halfOpen`, or a `state`. */
interface BreakerLike {
    readonly name?: string;
    readonly opened?: boolean;
    readonly halfOpen?: boolean;
    readonly state?: string;
}
/** One breaker, some, or a function that lists those that exist at the time. */
type Breakers = BreakerLike | readonly BreakerLike[] | (() => Iterable<BreakerLike>);
/**
 * Passes while no breaker is open; half open is degraded. It calls nothing: it reads what the breakers know. Add it
 * with `critical: false`, unless the service is of no use without what the breaker guards.
 */
declare function breakerCheck(breakers: Breakers): CheckFunction;

/** Options of {@link httpCheck}. */
interface HttpCheckOptions {
    /**
     * The method.
     *
     * @defaultValue 'GET'
     */
    method?: string;
    /**
     * Headers to send.
     *
     * @defaultValue {}
     */
    headers?: Record<string, string>;
    /**
     * Which status codes pass.
     *
     * @defaultValue 200 to 299
     */
    expect?: (statusCode: number) => boolean;
}
/**
 * Passes when the address answers with success. Redirects are not followed, the body isn't read.
 *
 * @throws RangeError where `url` is no http or https address.
 */
declare function httpCheck(url: string | URL, options?: HttpCheckOptions): CheckFunction;

/** What the check needs: `pg`'s `Pool`, or anything that has `query` (a client, an embedded database). */
interface PostgresLike {
    query(text: string): Promise<unknown>;
}
/** Options of {@link postgresCheck}. */
interface PostgresCheckOptions {
    /**
     * What to ask.
     *
     * @defaultValue 'SELECT 1'
     */
    query?: string;
}
/**
 * Passes when PostgreSQL answers a query. With a `pg` pool, a connection that doesn't answer in time is destroyed, so
 * that the pool gets rid of what a frozen or failed-over server left behind, and at most one connection is asked for
 * at a time. A pool without an `error` listener gets one: without, an idle connection that breaks ends the process.
 */
declare function postgresCheck(database: PostgresLike, options?: PostgresCheckOptions): CheckFunction;

/** What the check needs: a client of `ioredis` or `redis` (node-redis), or anything that has `ping`. */
interface RedisLike {
    ping(): Promise<unknown>;
    /** ioredis */
    readonly status?: string;
    /** node-redis */
    readonly isReady?: boolean;
}
/**
 * Passes when Redis answers a PING. A client that has lost its connection fails at once, without a PING waiting in
 * its offline queue.
 */
declare function redisCheck(client: RedisLike): CheckFunction;

/** Options of {@link diskCheck}. */
interface DiskCheckOptions {
    /**
     * The share of the file system that must be free for unprivileged users, 0 to 1.
     *
     * @defaultValue 0.05
     */
    minFree?: number;
}
/** Passes while the file system that holds `path` has enough space. */
declare function diskCheck(path: string, { minFree }?: DiskCheckOptions): CheckFunction;
/** Options of {@link memoryCheck}. */
interface MemoryCheckOptions {
    /**
     * The share of V8's heap limit that may be used, above 0 and up to 1.
     *
     * @defaultValue 0.9
     */
    maxHeap?: number;
    /**
     * Bytes that the whole process may have resident. 0 is no limit.
     *
     * @defaultValue 0
     */
    maxRss?: number;
}
/** Passes while the process is below its limits of memory. For readiness: less traffic may be all it needs. */
declare function memoryCheck({ maxHeap, maxRss }?: MemoryCheckOptions): CheckFunction;
/** Options of {@link eventLoopCheck}. */
interface EventLoopCheckOptions {
    /**
     * Milliseconds that a timer may be late, 1 to 60000. Keep it below the check's `timeout`.
     *
     * @defaultValue 500
     */
    maxDelay?: number;
}
/** Passes while the event loop keeps up: a timer is set, and must come almost when it should. Idle, it costs nothing. */
declare function eventLoopCheck({ maxDelay }?: EventLoopCheckOptions): CheckFunction;

/** Options of the health plugin. Every one may be left out. */
interface HealthOptions {
    /**
     * Where the probes are: `/health/live`, `/health/ready`, `/health/startup`, `/health/group/<name>`. It starts
     * with `/` and does not end with it; the empty string puts them at the root.
     *
     * @defaultValue '/health'
     */
    prefix?: string;
    /**
     * The checks by name, each a function or `{ check, timeout, critical, … }`. More come with `app.health.addCheck`.
     *
     * @defaultValue {}
     */
    checks?: Readonly<Record<string, CheckFunction | CheckDefinition>>;
    /**
     * What must be done before the service is ready: cache warming, migrations. They start together once the app has
     * loaded, without delaying its listening; startup and readiness answer 503 until all have succeeded.
     *
     * @defaultValue {}
     */
    startupTasks?: Readonly<Record<string, StartupTask>>;
    /**
     * Milliseconds that a check may take, 1 to 60000. Keep it below the prober's own timeout.
     *
     * @defaultValue 1500
     */
    timeout?: number;
    /**
     * Milliseconds for which a check's result is served again, 0 to 3600000.
     *
     * @defaultValue 1000
     */
    cacheFor?: number;
    /**
     * Milliseconds after which a critical check that used to pass no longer holds back readiness, up to a day.
     * See the check's option of this name. 0 never gives in.
     *
     * @defaultValue 0
     */
    maxUnready?: number;
    /**
     * Whether the public answers name the checks. `false` leaves the status alone. Durations, errors and history are
     * never public.
     *
     * @defaultValue true
     */
    expose?: boolean;
    /**
     * The HTTP status while an optional check fails, 200 to 599.
     *
     * @defaultValue 200
     */
    degradedStatus?: number;
    /**
     * The HTTP status while the service must get no traffic, 400 to 599.
     *
     * @defaultValue 503
     */
    notReadyStatus?: number;
}

interface HealthDecorators {
    /** Checks, start-up, maintenance: what the probes answer. */
    health: Overridable<this, Health>;
}
declare module 'fastify' {
    interface FastifyInstance extends HealthDecorators {
    }
}
/** Liveness, readiness and startup probes that no hook, limit or stalled dependency can fail. */
declare const health: FastifyPluginAsync<HealthOptions>;

export { breakerCheck, health as default, diskCheck, eventLoopCheck, health, httpCheck, memoryCheck, postgresCheck, redisCheck };
export type { BreakerLike, Breakers, CheckDefinition, CheckFunction, CheckOptions, CheckOutcome, CheckReport, DiskCheckOptions, EventLoopCheckOptions, Finding, Health, HealthOptions, HealthReport, HttpCheckOptions, Maintenance, MemoryCheckOptions, NotReadyReason, PostgresCheckOptions, PostgresLike, ReadyStatus, RedisLike, StartupTask, Transition };
