// @seaworthy/resilience: index
import { FastifyRequest, FastifyPluginAsync } from 'fastify';

/** Marks an error as made for clients. All copies of a package share it, because the symbol is registered globally. */
declare const clientErrorBrand: unique symbol;
/**
 * An error whose status, code and headers go to the client, and whose message does too below 500 or with `expose`.
 * The error handler trusts these members only if the error carries the brand, or is made by Fastify or http-errors.
 */
interface ClientError extends Error {
    readonly [clientErrorBrand]: true;
    /** A whole number from 400 to 599. */
    readonly statusCode: number;
    /** Stable, for programs: `BREAKER_OPEN`. */
    readonly code: string;
    /** Response headers: `retry-after`, `www-authenticate`, `allow`. */
    readonly headers?: Readonly<Record<string, string | number | readonly string[]>> | undefined;
    /** Details of the error. They are sent unchanged, so they hold no secret and no submitted value. */
    readonly details?: unknown;
    /** Whether the message is sent. The default is `true` below 500. */
    readonly expose?: boolean | undefined;
    /** Whether the error rejects a request on purpose, so that there is no bug to report. */
    readonly isRejection?: boolean | undefined;
}

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

/**
 * The state of a breaker. `isolated` is set by `isolate()` until it is released.
 *
 * @example
 * const state: CircuitState = app.resilience.breaker('prices', async () => 42).state
 * console.log(state === 'open')
 */
type CircuitState = 'closed' | 'open' | 'half-open' | 'isolated';
/**
 * Why the state has changed.
 *
 * @example
 * const outages: readonly StateChangeReason[] = ['failure-rate', 'consecutive-failures', 'slow-calls']
 * app.resilience.onStateChange(({ name, reason }) => outages.includes(reason) && console.log(`${name} is down`))
 */
type StateChangeReason = 'failure-rate' | 'consecutive-failures' | 'slow-calls' | 'recovery-failed' | 'probe-started' | 'probe-succeeded' | 'probe-failed' | 'probe-ignored' | 'isolated' | 'released';
/**
 * One change of a breaker's state. Two are special. An open breaker is half-open as soon as its time is over; that
 * change is reported when the first probe starts. With the reason `probe-ignored` the state stays half-open.
 *
 * @example
 * app.resilience.onStateChange(({ name, to, reason }: BreakerStateChange) => console.log(name, to, reason))
 */
interface BreakerStateChange {
    /** The breaker's name. */
    readonly name: string;
    /** The key whose state has changed. Absent for a breaker without keys, and when the whole breaker is isolated. */
    readonly key?: string;
    readonly from: CircuitState;
    readonly to: CircuitState;
    readonly reason: StateChangeReason;
    /** Milliseconds since 1970, as of `Date.now()`. */
    readonly at: number;
    /** The failure that opened the breaker. */
    readonly error?: unknown;
    /** Whole seconds until the breaker tests the service, when it opens. */
    readonly retryAfter?: number;
}
/**
 * Called after each change, before the call that caused it settles. An error that it throws is logged.
 *
 * @example
 * const listener: StateChangeListener = ({ name, to }) => app.log.info(`${name} is ${to}`)
 * app.resilience.onStateChange(listener)
 */
type StateChangeListener = (change: BreakerStateChange) => void;

declare const outcomes: readonly ["success", "failure", "timeout", "ignored", "canceled", "rejected", "full", "observed"];
/**
 * How an attempt ended: a label of the metric.
 *
 * @example
 * const failed: readonly CallOutcome[] = ['failure', 'timeout']
 * const { counts } = app.resilience.breaker('prices', async () => 42).snapshot()
 * console.log(failed.map((outcome) => counts[outcome]))
 */
type CallOutcome = (typeof outcomes)[number];

/**
 * The source of time for everything in this package that waits or measures. Tests replace it.
 *
 * @example
 * const now = 0
 * const clock: Clock = { now: () => now, setTimeout: (fn) => fn(), clearTimeout: () => undefined }
 * await app.register(resilience, { clock }) // tests decide what time it is
 */
interface Clock {
    /** Milliseconds since a fixed point in the past. Never decreases. */
    now(): number;
    setTimeout(fn: () => void, delay: number): unknown;
    clearTimeout(handle: unknown): void;
}

/**
 * Response headers of an error: `{ 'retry-after': 30 }`.
 *
 * @example
 * const headers: ErrorHeaders = { 'retry-after': 30 }
 * throw new AppError('Later', { statusCode: 503, headers })
 */
type ErrorHeaders = Readonly<Record<string, string | number | readonly string[]>>;
/** The members of a {@link PluginError} besides its message. */
interface PluginErrorOptions<Code extends string> {
    /** Stable, for programs: `RATE_LIMITED`. */
    code: Code;
    /** The response's status, 400 to 599. */
    statusCode: number;
    /** Response headers: `retry-after`, `www-authenticate`. */
    headers?: ErrorHeaders | undefined;
    /** The error that led to it. Logged, never sent. */
    cause?: unknown;
}
/**
 * The base of the errors that a package answers with: status, code, headers and message may be sent. Recognise them by
 * `code`, not by `instanceof`: an ESM and a CommonJS copy are different classes.
 */
declare class PluginError<Code extends string = string> extends Error implements ClientError {
    readonly [clientErrorBrand]: true;
    readonly expose: boolean;
    readonly code: Code;
    readonly statusCode: number;
    readonly headers: ErrorHeaders | undefined;
    constructor(message: string, { code, statusCode, headers, cause }: PluginErrorOptions<Code>);
}

/**
 * When a breaker opens, how long it stays open, and how it recovers.
 *
 * @example
 * const circuit: CircuitOptions = { consecutive: 5, resetTimeout: 10_000 }
 * app.resilience.breaker('prices', async () => 42, circuit)
 */
interface CircuitOptions {
    /**
     * `enforce` rejects calls while the breaker is open. `observe` admits all calls and counts those that it would have
     * rejected. `off` admits all calls and never opens.
     *
     * @defaultValue 'enforce'
     */
    mode?: 'enforce' | 'observe' | 'off' | undefined;
    /**
     * `ratio` opens at `errorThresholdPercentage`. `adaptive` does not open by percentage: it rejects about as many calls
     * as lately failed, which suits a service that is overloaded rather than down.
     *
     * @defaultValue 'ratio'
     */
    strategy?: 'ratio' | 'adaptive' | undefined;
    /**
     * The share of failed calls at which the breaker opens. Percent, 1 to 100.
     *
     * @defaultValue 50
     * @throws RangeError outside that range.
     */
    errorThresholdPercentage?: number | undefined;
    /**
     * The number of calls that must have ended within the window before a percentage counts, at least 1.
     *
     * @defaultValue 20
     * @throws RangeError below 1.
     */
    volumeThreshold?: number | undefined;
    /**
     * The length of the window in which calls are counted. Milliseconds, 10 to 2147483647.
     *
     * @defaultValue 10000
     * @throws RangeError outside that range.
     */
    rollingCountTimeout?: number | undefined;
    /**
     * Opens after this number of failures in a row, instead of by percentage. At least 1.
     *
     * @defaultValue None: the percentage decides
     * @throws RangeError below 1.
     */
    consecutive?: number | undefined;
    /**
     * The duration from which on a call is slow. Milliseconds, 1 to 2147483647.
     *
     * @defaultValue None: slow calls do not open the breaker
     * @throws RangeError outside that range.
     */
    slowCall?: number | undefined;
    /**
     * The share of slow calls at which the breaker opens. Percent, 1 to 100.
     *
     * @defaultValue 80
     * @throws RangeError outside that range.
     */
    slowCallThresholdPercentage?: number | undefined;
    /**
     * How long the breaker stays open before one call, the probe, tests the service. Doubled each time that the probe
     * fails, and varied by up to a tenth at random. Milliseconds, 1 to 2147483647.
     *
     * @defaultValue 30000
     * @throws RangeError outside that range.
     */
    resetTimeout?: number | undefined;
    /**
     * The longest time that the breaker stays open. Milliseconds, `resetTimeout` to 2147483647.
     *
     * @defaultValue Ten times `resetTimeout`
     * @throws RangeError outside that range.
     */
    maxResetTimeout?: number | undefined;
    /**
     * Concurrent calls after the breaker has closed: two at first, then four, doubling up to this number; then all calls
     * are admitted. A number of calls, 0 to 65536; below 2 all calls are admitted at once.
     *
     * @defaultValue 16
     * @throws RangeError outside that range.
     */
    ramp?: number | undefined;
}

/** Whether a breaker rejects calls. */
type BreakerMode = NonNullable<CircuitOptions['mode']>;

/**
 * The time limit of each request, and the header that carries it.
 *
 * @example
 * const deadline: DeadlineOptions = { default: 10_000, trust: ['10.0.0.0/8'] }
 * await app.register(resilience, { deadline })
 */
interface DeadlineOptions {
    /**
     * The header that carries the remaining time, on arriving requests and on outgoing calls. `grpc-timeout` is read and
     * written in gRPC's format (`250m`), any other header in milliseconds. `false` turns the header off.
     *
     * @defaultValue 'x-envoy-expected-rq-timeout-ms'
     * @throws RangeError for an empty name.
     */
    header?: string | false | undefined;
    /**
     * The time limit of a request whose route has none in its `config.deadline`. Milliseconds, 1 to 2147483647.
     *
     * @defaultValue 30000, or `max` if that is less
     * @throws RangeError outside that range.
     */
    default?: number | undefined;
    /**
     * The longest time limit that the header can set. It never sets a longer one than the request has without it.
     * Milliseconds, 1 to 2147483647.
     *
     * @defaultValue 60000
     * @throws RangeError outside that range.
     */
    max?: number | undefined;
    /**
     * Whether the header of arriving requests shortens their time limit, if it is from a trusted peer.
     *
     * @defaultValue true
     */
    accept?: boolean | undefined;
    /**
     * The peers whose header counts: addresses and CIDR ranges.
     *
     * @defaultValue Loopback and private networks, for requests whose client (`request.ip`) has such an address too
     * @throws RangeError for an entry that is neither.
     */
    trust?: readonly string[] | undefined;
    /**
     * Whether `resilience.fetch` sends the header.
     *
     * @defaultValue true
     */
    propagate?: boolean | undefined;
}

interface DeadlineRouteConfig {
    /**
     * The time limit of the route's requests. Milliseconds, 1 to 2147483647. `false` is no limit, for long downloads and
     * event streams.
     *
     * @defaultValue `deadline.default` of the plugin
     */
    deadline?: Overridable<this, number | false>;
}
declare module 'fastify' {
    interface FastifyContextConfig extends DeadlineRouteConfig {
    }
}

/**
 * The remaining time of a request, and a signal that aborts when its result is no longer needed.
 *
 * @example
 * app.get('/', async ({ deadline }) => {
 *   const { signal }: RequestDeadline = deadline
 *   return (await fetch('http://prices.internal/', { signal })).text()
 * })
 */
interface RequestDeadline {
    /** Milliseconds until the deadline; 0 after it, `Infinity` for a route without one. */
    remaining(): number;
    /** Aborts at the deadline or when the client disconnects. Reading the request's body does not abort it. */
    readonly signal: AbortSignal;
}

/**
 * Why a call has no result of the guarded function. Fallbacks are chosen by it.
 *
 * @example
 * const kind: FailureKind = 'open'
 * app.resilience.breaker('prices', async () => 42, { fallback: (error) => (error.kind === kind ? 0 : 1) })
 */
type FailureKind = 'open' | 'full' | 'timeout' | 'upstream' | 'canceled' | 'shed' | 'closed';
/**
 * The `code` of each error of this package that clients may see.
 *
 * @example
 * const retryable: readonly ResilienceErrorCode[] = ['BREAKER_OPEN', 'BULKHEAD_FULL', 'OVERLOADED']
 */
type ResilienceErrorCode = 'BREAKER_OPEN' | 'BULKHEAD_FULL' | 'TIMEOUT' | 'DEADLINE_EXCEEDED' | 'UPSTREAM_FAILED' | 'CALL_CANCELED' | 'OVERLOADED' | 'SERVICE_CLOSING' | 'UPSTREAM_LIMITED';
/** The members of a {@link ResilienceError} besides its message. */
interface ResilienceErrorDetails {
    code: ResilienceErrorCode;
    statusCode: number;
    kind: FailureKind;
    /** Whole seconds, also sent as `Retry-After`. */
    retryAfter?: number | undefined;
    cause?: unknown;
}
/**
 * An error whose message is safe to send; internal details are in `cause`. Recognise it by `code`.
 *
 * @example
 * app.addHook('onError', async (_request, _reply, error) => {
 *   if (error instanceof ResilienceError) app.log.warn({ code: error.code, cause: error.cause }, 'a dependency failed')
 * })
 */
declare class ResilienceError extends PluginError<ResilienceErrorCode> {
    readonly kind: FailureKind;
    /** Whole seconds after which a new attempt makes sense. The `Retry-After` header has the same value. */
    readonly retryAfter: number | undefined;
    constructor(message: string, { code, statusCode, kind, retryAfter, cause }: ResilienceErrorDetails);
}
/**
 * A request is rejected on purpose: nothing is broken here that a report or a stack could show. So it has no stack, and
 * error trackers may count it instead of reporting it.
 */
declare abstract class RejectionError extends ResilienceError {
    readonly isRejection: true;
    constructor(message: string, details: ResilienceErrorDetails);
}

/**
 * 503: the breaker is open, isolated, or admits only some calls. `cause` is the latest failure.
 *
 * @example
 * app.setErrorHandler((error, _request, reply) => {
 *   if (error instanceof BreakerOpenError) return reply.code(503).send({ retryAfter: error.retryAfter })
 *   throw error
 * })
 */
declare class BreakerOpenError extends RejectionError {
    /** @param retryAfter - Seconds; a fraction is cut off, and the least is 1. */
    constructor(retryAfter: number, cause?: unknown);
}
/**
 * 503: all slots of the bulkhead are taken, and the queue is full or would take too long.
 *
 * @example
 * const isFull = (error: unknown) => error instanceof BulkheadFullError
 * app.resilience.breaker('prices', async () => 42, { bulkhead: 10, fallback: (error) => (isFull(error) ? 0 : 1) })
 */
declare class BulkheadFullError extends RejectionError {
    constructor(retryAfter?: number);
}
/**
 * 504: the call took longer than its timeout.
 *
 * @example
 * const isSlow = (error: unknown) => error instanceof CallTimeoutError
 * app.resilience.breaker('prices', async () => 42, { timeout: 500, fallback: (error) => (isSlow(error) ? 0 : 1) })
 */
declare class CallTimeoutError extends ResilienceError {
    constructor();
}
/**
 * 504: the request's deadline has passed. That is no failure of the service that was called.
 *
 * @example
 * const isLate = (error: unknown) => error instanceof DeadlineError
 * app.addHook('onError', async (_request, _reply, error) => isLate(error) || app.log.error(error))
 */
declare class DeadlineError extends RejectionError {
    constructor();
}
/**
 * 502: the call failed. `cause` is the error of the guarded function.
 *
 * @example
 * const hasFailed = (error: unknown) => error instanceof UpstreamError && error.cause
 * app.resilience.breaker('prices', async () => 42, { fallback: (error) => (hasFailed(error) ? 0 : 1) })
 */
declare class UpstreamError extends ResilienceError {
    constructor(cause: unknown, retryAfter?: number);
}
/**
 * 499: the client has disconnected, so the response is never read. 504 or 500: the app has ended the call by the signal
 * that it gave to `fetch`, and a client may still wait: 504 if its time was over (`AbortSignal.timeout`).
 *
 * @example
 * const hasLeft = (error: unknown) => error instanceof CallCanceledError
 * app.addHook('onError', async (_request, _reply, error) => hasLeft(error) || app.log.error(error))
 */
declare class CallCanceledError extends ResilienceError {
    /** @param abort - The app has ended the call by a signal of its own: its reason, and whether its time was over. */
    constructor(abort?: {
        cause: unknown;
        isTimeout: boolean;
    });
}
/**
 * 503: the service is overloaded, and load shedding rejected this request.
 *
 * @example
 * const isOverloaded = (error: unknown) => error instanceof OverloadedError
 * app.addHook('onError', async (_request, _reply, error) => isOverloaded(error) || app.log.error(error))
 */
declare class OverloadedError extends RejectionError {
    constructor(retryAfter: number);
}
/**
 * 503: the service that is called has asked to wait, by `Retry-After` or `RateLimit`, and the time is not over.
 *
 * @example
 * app.addHook('onError', async (_request, _reply, error) => {
 *   if (error instanceof UpstreamLimitedError) console.log(`again in ${error.retryAfter} s`)
 * })
 */
declare class UpstreamLimitedError extends RejectionError {
    constructor(retryAfter: number);
}
/**
 * 503: the app was closed while the call was pending, or before it.
 *
 * @example
 * const isClosing = (error: unknown) => error instanceof ClosedError
 * app.addHook('onError', async (_request, _reply, error) => isClosing(error) || app.log.error(error))
 */
declare class ClosedError extends RejectionError {
    constructor();
}

/**
 * The first argument of the guarded function.
 *
 * @example
 * const load = async ({ signal, attempt }: CallContext) => (await fetch(`http://prices.internal/?attempt=${attempt}`, { signal })).json()
 * app.resilience.breaker('prices', load, { retry: 2 })
 */
interface CallContext {
    /** Aborts when this attempt times out or its result is no longer needed. Give it to what you call. */
    readonly signal: AbortSignal;
    /** The request that the call is made for, if any. */
    readonly request: FastifyRequest | null;
    /** 1 for the first attempt. */
    readonly attempt: number;
    /** Milliseconds left for this attempt. */
    remaining(): number;
    /** Milliseconds left for all attempts together. */
    callRemaining(): number;
}
/** Where a call's value comes from. */
type CallSource = 'call' | 'lastGood' | 'fallback';

/**
 * A fault that a test injects.
 *
 * @example
 * const fault: Fault = { error: new Error('down'), times: 3 }
 * app.resilience.breaker('prices', async () => 42).inject(fault) // needs the option `faults`
 */
interface Fault {
    /** The error that calls fail with. Without it they only wait. */
    error?: Error;
    /** Milliseconds that calls wait before they go on or fail; `Infinity` for calls that never settle. */
    delay?: number;
    /** The number of calls with the fault. Without it: all calls until it is released. */
    times?: number;
}

/**
 * A result with where it comes from.
 *
 * @example
 * const prices = app.resilience.breaker('prices', async () => 42, { fallback: () => 0 })
 * app.get('/', async (request) => {
 *   const { value, degraded }: Detailed<number> = await prices.detailed(request)
 *   return degraded ? 'unknown' : value
 * })
 */
interface Detailed<T> {
    value: T;
    /** Whether the value is a last good value or a fallback's. */
    degraded: boolean;
    source: CallSource;
    /** The number of attempts; 0 if none was admitted. */
    attempts: number;
    /** The error that the value replaces. Not enumerable, so that it is not serialised by accident. */
    readonly error?: unknown;
}
/**
 * The state and the counts of a breaker.
 *
 * @example
 * const open = app.resilience.list().filter(({ state }: BreakerSnapshot) => state === 'open')
 * console.log(open.map(({ name }) => name))
 */
interface BreakerSnapshot {
    name: string;
    state: CircuitState;
    /** The states of the keys that are not closed. Only for a breaker with keys. */
    keys?: Record<string, CircuitState>;
    /** The number of keys with a state; 1 for a breaker without keys. */
    size: number;
    counts: Record<CallOutcome, number>;
    degraded: number;
    retries: number;
    /** The mode that operators have set for a while, until a time in milliseconds since 1970. Absent otherwise. */
    override?: {
        mode: BreakerMode;
        until: number;
    };
    /** The last change of its state. `error` is the failure that opened it, without secrets. */
    lastChange?: {
        at: number;
        to: CircuitState;
        reason: StateChangeReason;
        error?: string;
    };
}
/**
 * Ends with `using`, or by `release()`. Only the first release has an effect.
 *
 * @example
 * const prices = app.resilience.breaker('prices', async () => 42)
 * const isolation: Switch = prices.isolate()
 * isolation.release()
 */
interface Switch extends Disposable {
    release(): void;
}
/**
 * A guarded function.
 *
 * @example
 * const prices: Breaker<[item: string], number> = app.resilience.breaker('prices', async (_context, _item: string) => 42)
 * app.get('/prices', (request) => prices.call(request, 'book'))
 */
interface Breaker<Args extends unknown[] = unknown[], T = unknown> {
    readonly name: string;
    /** Of a breaker with keys: `open` if one of them is open. */
    readonly state: CircuitState;
    /** Calls the function, within the request's deadline and while its client is connected. `null` outside of requests. */
    call(request: FastifyRequest | null | undefined, ...args: Args): Promise<T>;
    /** Like `call`, with where the result comes from. */
    detailed(request: FastifyRequest | null | undefined, ...args: Args): Promise<Detailed<T>>;
    /** Rejects all calls until the switch is released. */
    isolate(): Switch;
    /** Ends all isolations. */
    release(): void;
    /**
     * Calls the listener after each change of the state, also of each key's. Returns a function that removes it. An error
     * of the listener is logged and changes nothing.
     */
    onStateChange(listener: StateChangeListener): () => void;
    /**
     * Makes calls fail or wait, for tests. Needs the plugin's option `faults`.
     *
     * @throws Error without that option.
     */
    inject(fault: Fault): Switch;
    snapshot(): BreakerSnapshot;
}

type OpossumListener = (...args: any[]) => void;
/**
 * The documented members of an opossum breaker that adopting one needs.
 *
 * @example
 * const adopt = (breaker: OpossumBreaker<[number], string>) => app.resilience.adopt('payments', breaker)
 */
interface OpossumBreaker<Args extends unknown[] = never[], T = unknown> {
    readonly closed: boolean;
    readonly opened: boolean;
    readonly halfOpen: boolean;
    readonly isShutdown: boolean;
    fire(...args: Args): Promise<T>;
    open(): void;
    close(): void;
    shutdown(): void;
    on(event: string, listener: OpossumListener): unknown;
    removeListener(event: string, listener: OpossumListener): unknown;
}

/**
 * Options of {@link Resilience.adopt}.
 *
 * @example
 * const options: AdoptOptions = { health: { critical: true } }
 * const adopt = (breaker: OpossumBreaker<[number], string>) => app.resilience.adopt('payments', breaker, options)
 */
interface AdoptOptions {
    /**
     * Adds a readiness check, `breaker:<name>`, that fails while the breaker is open. `critical` makes the service not
     * ready then. Needs `@seaworthy/health`.
     *
     * @defaultValue None: no check
     */
    health?: {
        critical?: boolean;
    } | undefined;
    /**
     * Whether the breaker is shut down (`breaker.shutdown()`: its timers end, later calls are rejected) when the app has
     * closed. Of several apps that adopted it, the last one does that.
     *
     * @defaultValue true
     */
    shutdown?: boolean | undefined;
}

/**
 * An opossum breaker of the app with logs, metrics, readiness and operators' routes. It decides as before.
 *
 * @example
 * const watch = (payments: AdoptedBreaker<[number], string>) => payments.onStateChange(({ to }) => console.log(to))
 */
type AdoptedBreaker<Args extends unknown[] = unknown[], T = unknown> = Pick<Breaker<Args, T>, 'name' | 'state' | 'call' | 'isolate' | 'release' | 'onStateChange' | 'snapshot'>;

/**
 * How long and for which calls the last good value is served.
 *
 * @example
 * const lastGood: LastGoodOptions<[id: string]> = { key: (id) => id, maxAge: 60_000 }
 * app.resilience.breaker('books', async (_context: CallContext, id: string) => `book ${id}`, { lastGood })
 */
interface LastGoodOptions<Args extends unknown[]> {
    /**
     * The greatest age of a value that is served. Milliseconds, at least 1.
     *
     * @defaultValue None: it is required
     * @throws RangeError below 1.
     */
    maxAge: number;
    /**
     * The key of the value. Put everything into it that the value depends on, the tenant or user above all: all calls with
     * the same key get the same value. For `undefined` no value is stored or served.
     *
     * @defaultValue None: it is required
     */
    key: (...args: Args) => string | undefined;
    /**
     * The number of stored values, at least 1. A new value replaces the oldest one.
     *
     * @defaultValue 1000
     * @throws RangeError below 1.
     */
    maxEntries?: number | undefined;
}

/**
 * The second argument of a fallback.
 *
 * @example
 * const fallback = (_error: ResilienceError, { args, kind }: FallbackContext<[string]>) => `${args[0]}: ${kind}`
 * app.resilience.breaker('prices', async (_context: CallContext, item: string) => item, { fallback })
 */
interface FallbackContext<Args extends unknown[]> extends Pick<CallContext, 'signal' | 'request'> {
    /** The arguments of the failed call. */
    readonly args: Args;
    readonly kind: FailureKind;
}
/**
 * Returns the result of a call that has failed.
 *
 * @example
 * const fallback: Fallback<[], number> = (error) => (error.kind === 'open' ? 0 : 1)
 * app.resilience.breaker('prices', async () => 42, { fallback })
 */
type Fallback<Args extends unknown[], T> = (error: ResilienceError, context: FallbackContext<Args>) => T | Promise<T>;

/**
 * How an attempt counts for the breaker.
 *
 * @example
 * const outcome: Outcome = 'ignore'
 * app.resilience.breaker('prices', async () => 42, { isFailure: (error) => (error instanceof TypeError ? outcome : undefined) })
 */
type Outcome = 'failure' | 'success' | 'ignore';

/**
 * The limit of concurrent calls.
 *
 * @example
 * const bulkhead: BulkheadOptions = { limit: 12, queue: 4 }
 * app.resilience.breaker('database', async () => 42, { bulkhead })
 */
interface BulkheadOptions {
    /**
     * The number of concurrent calls, at least 1. With `adaptive` it is the initial limit.
     *
     * @defaultValue 10
     * @throws RangeError below 1.
     */
    limit?: number | undefined;
    /**
     * The number of calls that may wait for a slot, at least 0. A call whose expected wait is longer than its remaining
     * time is rejected at once.
     *
     * @defaultValue 0
     * @throws RangeError below 0.
     */
    queue?: number | undefined;
    /**
     * Adapts the limit: it shrinks while calls take one and a half times as long as without a queue, and grows while they
     * do not.
     *
     * @defaultValue false
     */
    adaptive?: boolean | undefined;
    /**
     * The lowest limit of `adaptive`, in calls, at least 1.
     *
     * @defaultValue 1
     * @throws RangeError below 1.
     */
    minLimit?: number | undefined;
    /**
     * The highest limit of `adaptive`, in calls, at least `minLimit`.
     *
     * @defaultValue 200
     * @throws RangeError below `minLimit`.
     */
    maxLimit?: number | undefined;
}

/**
 * When and how often a failed call is retried.
 *
 * @example
 * const retry: RetryOptions = { limit: 3, delay: 100, maxDelay: 2000 }
 * app.resilience.breaker('prices', async () => 42, { retry })
 */
interface RetryOptions {
    /**
     * The number of attempts after the first one, 1 to 10.
     *
     * @defaultValue 2
     * @throws RangeError outside that range.
     */
    limit?: number | undefined;
    /**
     * The longest wait before the first retry; doubled before each further one. The wait itself is random, from 0 to this.
     * Milliseconds, 0 to 2147483647.
     *
     * @defaultValue 100
     * @throws RangeError outside that range.
     */
    delay?: number | undefined;
    /**
     * The longest wait between two attempts. A `Retry-After` of the service may be longer. Milliseconds, 0 to 2147483647.
     *
     * @defaultValue 2000
     * @throws RangeError outside that range.
     */
    maxDelay?: number | undefined;
    /**
     * The retries for each call, on average over time. A ratio, 0 to 1.
     *
     * @defaultValue 0.2
     * @throws RangeError outside that range.
     */
    budget?: number | undefined;
    /**
     * The retries beyond the budget. Retries per second, 0 to 10000.
     *
     * @defaultValue 10
     * @throws RangeError outside that range.
     */
    floor?: number | undefined;
}
/**
 * A second attempt while the first one is pending; the first result wins.
 *
 * @example
 * const hedge: HedgeOptions = { delay: 100 }
 * app.resilience.breaker('search', async () => [], { hedge })
 */
interface HedgeOptions {
    /**
     * The time after which a second attempt starts. Milliseconds, 1 to 2147483647.
     *
     * @defaultValue None: it is required
     * @throws RangeError outside that range.
     */
    delay: number;
}

/**
 * The strategies around a call, from the outermost to the innermost, whatever their order in the options.
 *
 * @example
 * const slow: PolicyOptions = { timeout: 10_000, retry: false }
 * await app.register(resilience, { policies: { slow } })
 */
interface PolicyOptions extends CircuitOptions {
    /**
     * The kinds of failure that the last good value or the fallback replaces.
     *
     * @defaultValue ['open', 'full', 'timeout', 'upstream']
     */
    fallbackOn?: readonly ('open' | 'full' | 'timeout' | 'upstream')[] | undefined;
    /**
     * The time limit of the fallback. Milliseconds, 1 to 2147483647.
     *
     * @defaultValue The `timeout` of an attempt, at most 10000
     * @throws RangeError outside that range.
     */
    fallbackTimeout?: number | undefined;
    /**
     * The time limit of all attempts together, with a body that is read by `json()`, `text()` or `formData()`; the
     * request's deadline may be earlier. Milliseconds, 1 to 2147483647. `false` is no limit.
     *
     * @defaultValue 30000
     * @throws RangeError outside that range.
     */
    totalTimeout?: number | false | undefined;
    /**
     * The longest wait for the next part of a body of `fetch` that is read as a stream, or by `arrayBuffer()`, `blob()` or
     * `bytes()`: a download may take longer than `totalTimeout` and than the default deadline, as long as it flows. A
     * deadline of the route or of the caller still ends it. Milliseconds, 1 to 2147483647. `false` is no limit.
     *
     * @defaultValue `totalTimeout`
     * @throws RangeError outside that range.
     */
    bodyTimeout?: number | false | undefined;
    /**
     * Retries calls that failed or timed out: `true`, a number of retries from 0 to 10, or options. Only for calls that
     * may safely happen twice.
     *
     * @defaultValue false
     */
    retry?: boolean | number | RetryOptions | undefined;
    /**
     * Starts a second attempt if the first one is slow. Only for calls that may safely happen twice. It shares the budget
     * of `retry`, or has that budget's defaults without `retry`.
     *
     * @defaultValue false
     */
    hedge?: false | HedgeOptions | undefined;
    /**
     * Limits the number of concurrent calls: a number, at least 1, or options.
     *
     * @defaultValue false
     */
    bulkhead?: false | number | BulkheadOptions | undefined;
    /**
     * The time limit of one attempt; its signal aborts then. Milliseconds, 1 to 2147483647. `false` is no limit.
     *
     * @defaultValue 10000
     * @throws RangeError outside that range.
     */
    timeout?: number | false | undefined;
    /**
     * Decides whether an error or result is a failure, a success, or is ignored. `undefined` leaves it to the default:
     * errors are failures, except bugs in the app and errors by which the service answers that the request is wrong: a
     * status from 400 to 499 other than 408 and 429, such a code of gRPC, a violated constraint of a database. If it
     * throws, the call fails and is not counted.
     *
     * @defaultValue None: the default decides
     */
    isFailure?: ((error: unknown, result: unknown) => boolean | Outcome | undefined) | undefined;
    /**
     * The number of keys with a separate breaker, at least 1. A new key replaces the one that was not used for the
     * longest time.
     *
     * @defaultValue 1000
     * @throws RangeError below 1.
     */
    maxKeys?: number | undefined;
    /**
     * The time after which an unused key loses its breaker. Milliseconds, 1 to 2147483647.
     *
     * @defaultValue 600000
     * @throws RangeError outside that range.
     */
    idleTimeout?: number | undefined;
    /**
     * Adds the breaker to the readiness report. With `critical: true` an open breaker makes the service not ready, until
     * it is half-open. In the modes `observe` and `off` a breaker never does.
     *
     * @defaultValue None: no check
     */
    health?: {
        critical?: boolean;
    } | undefined;
}

/**
 * Options of a breaker: those of a policy, and those that depend on the guarded function.
 *
 * @example
 * const options: BreakerOptions<[item: string], number> = { timeout: 3000, fallback: () => 0, key: (item) => item }
 * const prices = app.resilience.breaker('prices', async (_context: CallContext, _item: string) => 42, options)
 * app.get('/', (request) => prices.call(request, 'book'))
 */
interface BreakerOptions<Args extends unknown[] = unknown[], T = unknown> extends PolicyOptions {
    /**
     * The name of a policy. Options of the breaker override it.
     *
     * @defaultValue None: only the plugin's `defaults` apply
     * @throws Error if there is no policy of that name.
     */
    policy?: string | undefined;
    /**
     * Provides the result of a failed call, which is marked as degraded. To let the call fail, throw.
     *
     * @defaultValue None: the call fails
     */
    fallback?: Fallback<Args, T> | undefined;
    /**
     * Replaces a failed call by the latest successful result with the same key; before `fallback`. The result is not
     * copied: do not change it.
     *
     * @defaultValue None: no result is stored
     */
    lastGood?: LastGoodOptions<Args> | undefined;
    /**
     * Makes one call of those that have the same key and are pending at the same time. For `undefined` the call is made
     * separately.
     *
     * @defaultValue None: each call is made
     */
    coalesce?: ((...args: Args) => string | undefined) | undefined;
    /**
     * Gives each key (a host, a shard) a separate breaker and bulkhead. If the function throws, the call fails. The key is
     * in log lines and on the management listener, never in a metric's label.
     *
     * @defaultValue None: one breaker for all calls
     */
    key?: ((...args: Args) => string) | undefined;
    /**
     * Whether a call may safely happen twice. Evaluated before `retry` and `hedge`.
     *
     * @defaultValue None: every call may
     */
    idempotent?: ((...args: Args) => boolean) | undefined;
}

/**
 * A function that a breaker can guard: its first parameter is the call's context, further ones are its arguments.
 *
 * An unannotated parameter gets its type from here, and a default value (`n = 3`) gives the type only if there is none
 * to get. So a function must see a signature that ends where its required parameters end. TypeScript leaves out
 * signatures that are too short for a function, and takes none from an object that offers two which it cannot unite, as
 * these pairs of a generic and a plain one. Each pair but one is thus either too short or ambiguous. The last pair,
 * always ambiguous, is what every guarded function is checked against.
 *
 * @example
 * const guard = <Fn extends Guardable>(name: string, fn: Fn) => app.resilience.breaker(name, fn)
 * const prices = guard('prices', async (_context: CallContext, _item: string) => 42)
 */
type Guardable = ((context: CallContext) => unknown) | Either<[], [unknown]> | Either<[unknown], [unknown, unknown]> | Either<[unknown, unknown], [unknown, unknown, unknown]> | Either<[unknown, unknown, unknown], [unknown, unknown, unknown, unknown]> | Either<[unknown, unknown, unknown, unknown], [unknown, unknown, unknown, unknown, unknown]> | Either<any, any>;
interface Either<Shorter extends unknown[], Longer extends unknown[]> {
    <Result>(context: CallContext, ...args: Shorter): Result;
    (context: CallContext, ...args: Longer): unknown;
}
/**
 * The parameters of a guarded function after the context.
 *
 * @example
 * const price = async (_context: CallContext, _item: string) => 42
 * const args: GuardedArgs<typeof price> = ['book']
 */
type GuardedArgs<Fn> = Fn extends (context: never, ...args: infer Args) => unknown ? Args : never;
/**
 * The awaited result of a guarded function.
 *
 * @example
 * const price = async (_context: CallContext) => 42
 * const none: GuardedResult<typeof price> = 0
 * app.resilience.breaker('prices', price, { fallback: () => none })
 */
type GuardedResult<Fn> = Fn extends (context: never, ...args: never) => infer Result ? Awaited<Result> : never;

/**
 * 400: a value that would change the path of the outgoing URL.
 *
 * @example
 * const isForged = (error: unknown) => error instanceof PathError && error.code === 'INVALID_PATH_SEGMENT'
 * app.get('/users/:id', async (request) => {
 *   const { id } = request.params as { id: string }
 *   const response = await app.resilience.fetch(request, 'http://users.internal', { path: [id] })
 *   return response.json()
 * })
 */
declare class PathError extends PluginError<'INVALID_PATH_SEGMENT'> {
    constructor();
}
/**
 * 400: the URL of a call has no host (`data:`, `file:`); or with `allowPrivate: false`, the address, or one that the call
 * was redirected to, is not a public one.
 *
 * @example
 * app.setErrorHandler((error, _request, reply) => {
 *   if (error instanceof AddressError) return reply.code(400).send({ message: 'Use a public address' })
 *   throw error
 * })
 */
declare class AddressError extends PluginError<'ADDRESS_NOT_ALLOWED'> {
    constructor();
}
/**
 * A function in the options of a breaker has thrown, or returned what it must not. `cause` is what it threw.
 *
 * @example
 * app.addHook('onError', async (_request, _reply, error) => {
 *   if (error instanceof CallbackError) app.log.error(`correct the option ${error.option}`)
 * })
 */
declare class CallbackError extends Error {
    readonly code = "CALLBACK_FAILED";
    /** The option with the function: `key`. */
    readonly option: string;
    /** @param breaker - The name of the breaker. */
    constructor(breaker: string, option: string, problem: string, cause?: unknown);
}

/**
 * Path segments and a query whose values are encoded.
 *
 * @example
 * const parts: UrlParts = { path: ['users', 7], query: { full: true } }
 * app.get('/', async (request) => (await app.resilience.fetch(request, 'http://users.internal', parts)).json())
 */
interface UrlParts {
    /** Segments that are appended to the URL's path. A value with a slash stays one segment. */
    path?: readonly (string | number)[];
    /** Parameters of the query. One with the value `undefined` is left out. */
    query?: Record<string, string | number | boolean | undefined>;
}
/**
 * A path with encoded values, each of which stays one segment: `` path`/users/${id}/orders` ``.
 *
 * @example
 * const id = 'a/../b'
 * console.log(path`/users/${'7'}/orders`, id.length) // a value that would change the path throws
 * @throws PathError for a value that would change the path, like `..`.
 */
declare function path(strings: TemplateStringsArray, ...values: readonly (string | number)[]): string;

/**
 * The options of `fetch`, and those of this package.
 *
 * @example
 * const options: FetchOptions = { path: ['users', 7], query: { full: true }, policy: 'slow' }
 * app.get('/', async (request) => (await app.resilience.fetch(request, 'http://users.internal', options)).json())
 */
interface FetchOptions extends RequestInit, UrlParts {
    /**
     * The name of a policy.
     *
     * @defaultValue None: the plugin's `defaults` apply, and calls that may be repeated are retried
     */
    policy?: string | undefined;
    /**
     * Whether the call may reach private networks, this machine and a cloud's metadata service. `false` is for addresses
     * that users give: the address is checked where the connection is made, for each redirect too; another one fails with
     * 400 (`ADDRESS_NOT_ALLOWED`). It needs the package undici, whose `fetch` is called instead of the option `fetch`, and
     * goes around proxies.
     *
     * @defaultValue true
     */
    allowPrivate?: boolean | undefined;
    /**
     * Whether to make no call while the service has asked to wait: by `Retry-After` with 429 or 503, or by a `RateLimit` of
     * which nothing remains. Such a call fails with 503 (`UPSTREAM_LIMITED`), for ten minutes at most. It concerns calls to
     * the same host with the same `Authorization`, `Cookie` and `X-API-Key`.
     *
     * @defaultValue true
     */
    keepToLimits?: boolean | undefined;
}

/**
 * The cause of a 502: the upstream's response has a status that is a failure.
 *
 * @example
 * const statusOf = (error: unknown) => (error instanceof ResponseError ? error.status : undefined)
 * app.resilience.breaker('prices', async () => 42, { isFailure: (error) => statusOf(error) !== 404 })
 */
declare class ResponseError extends Error {
    readonly status: number;
    readonly headers: Record<string, string>;
    constructor(host: string, response: Response);
}

/**
 * When the service is overloaded, and which requests it rejects then.
 *
 * @example
 * const shedding: SheddingOptions = { maxDelay: 500, maxUtilization: 0.95 }
 * await app.register(resilience, { shedding })
 */
interface SheddingOptions {
    /**
     * The share of an interval for which the event loop may be busy. A ratio, 0.1 to 1.
     *
     * @defaultValue 0.98
     * @throws RangeError outside that range.
     */
    maxUtilization?: number | undefined;
    /**
     * The acceptable delay of the event loop. The service is overloaded only if this and `maxUtilization` are both exceeded;
     * then requests are rejected until the delay is below a quarter of it. On Linux the wait of new connections counts too,
     * for requests of low priority (not in a cluster whose primary process distributes them); under overload the first
     * request of a connection that has waited longer is rejected, of high priority after four times that, of critical
     * never. Milliseconds, at least 1.
     *
     * @defaultValue 200
     * @throws RangeError below 1.
     */
    maxDelay?: number | undefined;
    /**
     * The interval in which both are measured. Shedding starts after ten overloaded intervals, a second by default, and
     * changes with each interval from then on; an overload that comes back within fifty intervals is shed at
     * once. Milliseconds, 50 to 60000.
     *
     * @defaultValue 100
     * @throws RangeError outside that range.
     */
    interval?: number | undefined;
    /**
     * Limits the concurrent requests: `true` or options for a limit that adapts, `false` for none. Requests of low
     * priority are admitted up to 80 % of it, of normal priority up to 90 %, of high priority up to all of it.
     *
     * @defaultValue false
     */
    concurrency?: boolean | ConcurrencyOptions | undefined;
    /**
     * The `Retry-After` header of rejected requests. Seconds, 1 to 3600.
     *
     * @defaultValue 2
     * @throws RangeError outside that range.
     */
    retryAfter?: number | undefined;
    /**
     * The header with the priority of a request (`low`, `normal`, `high`, `critical`). From the peers that
     * `deadline.trust` names it lowers the priority that the route has, never raises it. `resilience.fetch` sends it with
     * requests that are not of normal priority. `false` turns the header off.
     *
     * @defaultValue 'x-request-priority'
     * @throws RangeError for an empty name.
     */
    priorityHeader?: string | false | undefined;
}
/**
 * The limit of concurrent requests, which adapts to how long they take: about one and a half times as long as without a
 * queue, here or in what they wait for.
 *
 * @example
 * const concurrency: ConcurrencyOptions = { initial: 20, max: 200 }
 * await app.register(resilience, { shedding: { concurrency } })
 */
interface ConcurrencyOptions {
    /**
     * The limit at start. A number of requests, at least 1.
     *
     * @defaultValue 100
     * @throws RangeError below 1.
     */
    initial?: number | undefined;
    /**
     * The lowest limit. A number of requests, at least 1.
     *
     * @defaultValue 10
     * @throws RangeError below 1.
     */
    min?: number | undefined;
    /**
     * The highest limit. A number of requests, at least `min`.
     *
     * @defaultValue 1000
     * @throws RangeError below `min`.
     */
    max?: number | undefined;
}

/**
 * Options of the resilience plugin.
 *
 * @example
 * const options: ResilienceOptions = { defaults: { timeout: 3000 }, shedding: { maxDelay: 500 } }
 * await app.register(resilience, options)
 */
interface ResilienceOptions {
    /**
     * The policy of all breakers and of `fetch`, unless they override it.
     *
     * @defaultValue {}
     * @throws RangeError for a wrong option.
     */
    defaults?: PolicyOptions | undefined;
    /**
     * Named policies, for the option `policy` of breakers and of `fetch`.
     *
     * @defaultValue {}
     * @throws RangeError for a wrong option.
     */
    policies?: Record<string, PolicyOptions> | undefined;
    /**
     * The time limit of requests.
     *
     * @defaultValue {}
     */
    deadline?: DeadlineOptions | undefined;
    /**
     * Rejects requests while the service is overloaded: `true`, `false` or options.
     *
     * @defaultValue true
     */
    shedding?: boolean | SheddingOptions | undefined;
    /**
     * The header of responses that contain a last good value or a fallback. Its value is `true`. `false` turns it off.
     *
     * @defaultValue 'x-degraded'
     * @throws RangeError for an empty name.
     */
    degradedHeader?: string | false | undefined;
    /**
     * Whether tests may make calls fail by `breaker.inject`.
     *
     * @defaultValue false
     */
    faults?: boolean | undefined;
    /**
     * The function that `resilience.fetch` calls.
     *
     * @defaultValue globalThis.fetch
     */
    fetch?: typeof globalThis.fetch | undefined;
    /**
     * The source of time, for tests.
     *
     * @defaultValue performance.now, setTimeout, clearTimeout
     */
    clock?: Clock | undefined;
    /**
     * The source of random numbers from 0 to 1, for tests.
     *
     * @defaultValue Math.random
     */
    random?: (() => number) | undefined;
}

/**
 * The type of `app.resilience`.
 *
 * @example
 * app.get('/weather', async (request) => {
 *   const response = await app.resilience.fetch(request, 'http://weather.internal', { path: ['today'] })
 *   return response.json()
 * })
 * console.log(app.resilience.list().map(({ name, state }) => `${name}: ${state}`))
 */
interface Resilience {
    /**
     * Guards a function. Its first argument is the call's context: give its `signal` to what you call. The outcome of a call
     * is that of its promise: where that resolves with a stream, a later failure of the stream does not count. Read it in
     * the function, or use `fetch`, whose bodies count.
     *
     * @throws Error if there is a breaker of that name, RangeError for a wrong option.
     */
    breaker<Fn extends Guardable>(name: string, fn: Fn, options?: BreakerOptions<GuardedArgs<Fn>, GuardedResult<Fn>>): Breaker<GuardedArgs<Fn>, GuardedResult<Fn>>;
    /**
     * Adds a named policy, for the option `policy` of breakers and of `fetch`.
     *
     * @throws Error if there is a policy of that name, RangeError for a wrong option.
     */
    policy(name: string, options: PolicyOptions): void;
    /**
     * `fetch` with a breaker for each host, timeouts, retries of calls that may be repeated, and the request's deadline.
     * A response with a status from 500 on, 408 or 429 is a failure (502); other responses are results. A body that hangs,
     * is cut off or is not valid JSON counts as a failure when it is read. The URL may be a `Request`, as libraries above
     * fetch pass it; its body is read whole before the call, so that it can be sent again, within the policy's total
     * timeout: a late one is a 504 that no breaker counts.
     */
    fetch(request: FastifyRequest | null | undefined, url: string | URL | Request, options?: FetchOptions): Promise<Response>;
    /**
     * Calls the listener after each change of any breaker's state, also of breakers that are created later. Returns a
     * function that removes it. An error of the listener is logged and changes nothing.
     */
    onStateChange(listener: StateChangeListener): () => void;
    /**
     * Connects an opossum breaker of the app to metrics, log lines, readiness, the report and the operators' routes, and
     * shuts it down with the app. It decides as before, and the app's calls of `fire` stay as they are. The result's
     * `call(request, …)` also ends at the request's deadline, and rejects with this package's errors.
     *
     * @example
     * const payments = app.resilience.adopt('payments', new CircuitBreaker(pay), { health: { critical: true } })
     * app.post('/pay', (request) => payments.call(request, request.body))
     *
     * @throws Error if there is a breaker of that name, RangeError for a value that is no opossum breaker, for one that was
     * shut down, and for a wrong option.
     */
    adopt<Args extends unknown[], T>(name: string, breaker: OpossumBreaker<Args, T>, options?: AdoptOptions): AdoptedBreaker<Args, T>;
    /** The snapshots of all breakers, adopted ones included. */
    list(): BreakerSnapshot[];
    /** The breaker of that name, without the types of its arguments and its result. Not for adopted ones. */
    get(name: string): Breaker | undefined;
}

interface ResilienceDecorators {
    /** Breakers, policies and a guarded fetch. */
    resilience: Overridable<this, Resilience>;
}
interface ResilienceRequest {
    /** The request's remaining time, and a signal that aborts when its client disconnects. */
    readonly deadline: Overridable<this, RequestDeadline>;
    /** The breakers that served a last good value or a fallback for this request. `null` if none did. */
    readonly degraded: Overridable<this, readonly string[] | null>;
}
declare module 'fastify' {
    interface FastifyInstance extends ResilienceDecorators {
    }
    interface FastifyRequest extends ResilienceRequest {
    }
}
/**
 * Breakers, retries, bulkheads, deadlines and load shedding for Fastify.
 *
 * @example
 * await app.register(resilience)
 * const prices = app.resilience.breaker('prices', async ({ signal }) => (await fetch('http://prices.internal/', { signal })).json())
 * app.get('/prices', (request) => prices.call(request))
 */
declare const resilience: FastifyPluginAsync<ResilienceOptions>;

/** In the order in which requests are rejected. `critical` ones never are. */
declare const priorities: readonly ["low", "normal", "high", "critical"];
/**
 * The priority of a route, in its `config`.
 *
 * @example
 * const priority: Priority = 'low'
 * app.get('/report', { config: { priority } }, async () => 'rejected first under overload')
 */
type Priority = (typeof priorities)[number];
interface ResilienceRouteConfig {
    /**
     * Which requests are rejected first under overload: `low`, then `normal`, then `high`. `critical` ones never are.
     *
     * @defaultValue 'normal'
     */
    priority?: Overridable<this, Priority>;
}
declare module 'fastify' {
    interface FastifyContextConfig extends ResilienceRouteConfig {
    }
}

export { AddressError, BreakerOpenError, BulkheadFullError, CallCanceledError, CallTimeoutError, CallbackError, ClosedError, DeadlineError, OverloadedError, PathError, ResilienceError, ResponseError, UpstreamError, UpstreamLimitedError, resilience as default, path, resilience };
export type { AdoptOptions, AdoptedBreaker, Breaker, BreakerOptions, BreakerSnapshot, BreakerStateChange, BulkheadOptions, CallContext, CallOutcome, CircuitOptions, CircuitState, Clock, ConcurrencyOptions, DeadlineOptions, Detailed, FailureKind, Fallback, FallbackContext, Fault, FetchOptions, Guardable, GuardedArgs, GuardedResult, HedgeOptions, LastGoodOptions, OpossumBreaker, Outcome, PolicyOptions, Priority, RequestDeadline, Resilience, ResilienceErrorCode, ResilienceOptions, RetryOptions, SheddingOptions, StateChangeListener, StateChangeReason, Switch, UrlParts };
