// @seaworthy/resilience: index
import { FastifyRequest, FastifyPluginAsync } from 'fastify';

/** Where time comes from. Replace it in tests; everything that waits or measures here asks it. */
interface Clock {
    /** Milliseconds that only grow. */
    now(): number;
    setTimeout(fn: () => void, delay: number): unknown;
    clearTimeout(handle: unknown): void;
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

/** When a breaker opens, for how long, and how it comes back. */
interface CircuitOptions {
    /**
     * `enforce` turns calls away while open. `observe` lets all pass and only counts what it would have done.
     * `off` lets all pass and counts nothing against the service.
     *
     * @defaultValue 'enforce'
     */
    mode?: 'enforce' | 'observe' | 'off';
    /**
     * `ratio` opens at `errorThresholdPercentage`. `adaptive` never opens: it turns away about as many calls as the
     * service lately failed, which suits a service that is overloaded rather than down.
     *
     * @defaultValue 'ratio'
     */
    strategy?: 'ratio' | 'adaptive';
    /**
     * The percentage of failures at which the breaker opens, from 1 to 100.
     *
     * @defaultValue 50
     */
    errorThresholdPercentage?: number;
    /**
     * How many calls must have ended inside the window before the percentage counts. At least 1.
     *
     * @defaultValue 20
     */
    volumeThreshold?: number;
    /**
     * How far the window looks back, in milliseconds.
     *
     * @defaultValue 10000
     */
    rollingCountTimeout?: number;
    /** Opens after this many failures in a row, instead of by percentage. At least 1. */
    consecutive?: number;
    /** A call that takes at least this long, in milliseconds, is slow. Unset, slowness alone opens nothing. */
    slowCall?: number;
    /**
     * The percentage of slow calls at which the breaker opens, from 1 to 100.
     *
     * @defaultValue 80
     */
    slowCallThresholdPercentage?: number;
    /**
     * How long the breaker stays open before one call tries the service again, in milliseconds. Doubles each time
     * that call fails; a tenth more or less, by chance.
     *
     * @defaultValue 30000
     */
    resetTimeout?: number;
    /**
     * The longest it stays open, in milliseconds. At least `resetTimeout`.
     *
     * @defaultValue ten times resetTimeout
     */
    maxResetTimeout?: number;
    /**
     * After it closes, two calls at a time may pass, then four, until this many. `0` lets all pass at once.
     *
     * @defaultValue 16
     */
    ramp?: number;
}

type CircuitState = 'closed' | 'open' | 'half-open' | 'isolated';

/** How much time a request has, and whether anyone still waits for it. */
interface RequestDeadline {
    /** Milliseconds that are left, 0 when there are none. */
    remaining(): number;
    /** Aborts when the time is over or the client has left; never because a body has been read. */
    readonly signal: AbortSignal;
}

/** What the guarded function is told, as its first argument. */
interface CallContext {
    /** Aborts when this try times out, or nobody waits for it any more. Give it to what you call. */
    readonly signal: AbortSignal;
    /** The request that the call is made for, if any. */
    readonly request: FastifyRequest | null;
    /** 1 for the first try. */
    readonly attempt: number;
    /** Milliseconds left for this try. */
    remaining(): number;
    /** Milliseconds left for all tries together. */
    callRemaining(): number;
}

/** What goes wrong on purpose, in a test. */
interface Fault {
    /** What calls fail with. Without it they only wait. */
    error?: Error;
    /** Milliseconds that calls wait before they go on or fail; `Infinity` never answers. */
    delay?: number;
    /** How many calls are hit; all until it is released, by default. */
    times?: number;
}

/** How a try ended, as the metric says it. */
type CallOutcome = 'success' | 'failure' | 'timeout' | 'ignored' | 'canceled' | 'rejected' | 'full' | 'observed';

/** An answer, and how it came about. */
interface Detailed<T> {
    value: T;
    /** Whether the value is a last good one or a fallback's. */
    degraded: boolean;
    source: 'call' | 'lastGood' | 'fallback';
    /** How many tries were made; 0 when none was let through. */
    attempts: number;
    /** Why it is degraded. Not enumerable, so that it is not sent by accident. */
    readonly error?: unknown;
}
/** What a breaker shows of itself. */
interface BreakerSnapshot {
    name: string;
    state: CircuitState;
    /** States by key; only where there are keys, and only those that are not closed. */
    keys?: Record<string, CircuitState>;
    size: number;
    counts: Record<CallOutcome, number>;
    degraded: number;
    retries: number;
}
/** A switch that is put back with `using`, or by hand. */
interface Switch extends Disposable {
    release(): void;
}
/** A guarded function. */
interface Breaker<Args extends unknown[] = unknown[], T = unknown> {
    readonly name: string;
    /** Of the keys together: `open` when any is. */
    readonly state: CircuitState;
    /** Calls the function. `request` gives its deadline, and its client's leaving; null outside of one. */
    call(request: FastifyRequest | null | undefined, ...args: Args): Promise<T>;
    /** As `call`, and says whether the answer is degraded. */
    detailed(request: FastifyRequest | null | undefined, ...args: Args): Promise<Detailed<T>>;
    /** Lets no call through until it is released. */
    isolate(): Switch;
    /** Ends every isolation. */
    release(): void;
    /**
     * Makes calls fail or wait, for tests. Needs the plugin's option `faults`.
     *
     * @throws Error where the option is not set.
     */
    inject(fault: Fault): Switch;
    snapshot(): BreakerSnapshot;
}

/** Why a call gave no answer of its own. Fallbacks are chosen by it. */
type FailureKind = 'open' | 'full' | 'timeout' | 'upstream' | 'canceled' | 'shed' | 'closed';
interface Details {
    code: string;
    statusCode: number;
    kind: FailureKind;
    retryAfter?: number | undefined;
    cause?: unknown;
}
/** An answer of ours: its message is safe to show, what is not is in `cause`. Recognise it by `code`. */
declare class ResilienceError extends Error {
    name: string;
    readonly code: string;
    readonly statusCode: number;
    readonly kind: FailureKind;
    /** Whole seconds after which another try makes sense; the `Retry-After` header says the same. */
    readonly retryAfter: number | undefined;
    readonly headers: Record<string, string>;
    constructor(message: string, { code, statusCode, kind, retryAfter, cause }: Details);
}
/** 503: the breaker is open, or lets only some calls through. `cause` is the last failure. */
declare class BreakerOpenError extends ResilienceError {
    name: string;
    constructor(retryAfter: number, cause?: unknown);
}
/** 503: as many calls as allowed are at work, and the queue is full or would take too long. */
declare class BulkheadFullError extends ResilienceError {
    name: string;
    constructor(retryAfter?: number);
}
/** 504: the call took longer than its timeout. */
declare class CallTimeoutError extends ResilienceError {
    name: string;
    constructor();
}
/** 504: the request's own deadline has passed. Says nothing about the service that was called. */
declare class DeadlineError extends ResilienceError {
    name: string;
    constructor();
}
/** 502: the call failed. `cause` is what it failed with. */
declare class UpstreamError extends ResilienceError {
    name: string;
    constructor(cause: unknown, retryAfter?: number);
}
/** The client has left; nobody reads this. */
declare class CallCanceledError extends ResilienceError {
    name: string;
    constructor();
}
/** 503: the service has more to do than it can, and this request waits best somewhere else. */
declare class OverloadedError extends ResilienceError {
    name: string;
    constructor(retryAfter: number);
}
/** 503: the app has been closed while the call was at work. */
declare class ClosedError extends ResilienceError {
    name: string;
    constructor();
}
/** 400: a value that would change the path of the outgoing URL. */
declare class PathError extends Error {
    readonly name = "PathError";
    readonly code = "ERR_PATH_SEGMENT";
    readonly statusCode = 400;
    readonly headers: Record<string, string>;
    constructor();
}

/** The last good value per key. */
interface LastGoodOptions<Args extends unknown[]> {
    /** How old a value may be to be served, in milliseconds. */
    maxAge: number;
    /**
     * Whose value it is. Put everything into it that the value depends on, the tenant or user above all: whoever has
     * the same key gets the same value. `undefined` keeps and serves none.
     */
    key: (...args: Args) => string | undefined;
    /**
     * How many values are kept; the one kept for longest makes room. At least 1.
     *
     * @defaultValue 1000
     */
    maxEntries?: number;
}

/** What a fallback is told, besides the error. */
interface FallbackContext<Args extends unknown[]> extends Pick<CallContext, 'signal' | 'request'> {
    /** What the guarded function was called with. */
    readonly args: Args;
    readonly kind: FailureKind;
}
type Fallback<Args extends unknown[], T> = (error: ResilienceError, context: FallbackContext<Args>) => T | Promise<T>;

/** How many calls may be at work at the same time. */
interface BulkheadOptions {
    /**
     * Calls at work at the same time, at least 1. With `adaptive` it is what it starts from.
     *
     * @defaultValue 10
     */
    limit?: number;
    /**
     * Calls that may wait for a free place. A call that would wait longer than it has time is turned away at once.
     *
     * @defaultValue 0
     */
    queue?: number;
    /**
     * Finds the limit by itself: it shrinks while calls take longer than they usually do, and grows while they don't.
     *
     * @defaultValue false
     */
    adaptive?: boolean;
    /**
     * The least that `adaptive` may come to, at least 1.
     *
     * @defaultValue 1
     */
    minLimit?: number;
    /**
     * The most that `adaptive` may come to.
     *
     * @defaultValue 200
     */
    maxLimit?: number;
}

/** How a failed call is tried again. */
interface RetryOptions {
    /**
     * How many tries may follow the first one, from 1 to 10.
     *
     * @defaultValue 2
     */
    limit?: number;
    /**
     * The longest wait before the first retry, in milliseconds; it doubles each time. The wait itself is any time up to
     * that, by chance.
     *
     * @defaultValue 100
     */
    delay?: number;
    /**
     * The longest wait between two tries, in milliseconds. What the service asks for with `Retry-After` may be longer.
     *
     * @defaultValue 2000
     */
    maxDelay?: number;
    /**
     * How many retries there may be for each call, over time, from 0 to 1.
     *
     * @defaultValue 0.2
     */
    budget?: number;
    /**
     * How many retries a second there may be beyond the budget.
     *
     * @defaultValue 10
     */
    floor?: number;
}
/** A second try while the first one is still at work; the first answer wins. */
interface HedgeOptions {
    /** How long the first try may take before the second one starts, in milliseconds. At least 1. */
    delay: number;
}

/** What one outcome means to the breaker. `true` is a failure, `false` a success. */
type Outcome = 'failure' | 'success' | 'ignore';
/** How calls are guarded; the layers always stand in the order of their names here, the first one outermost. */
interface PolicyOptions extends CircuitOptions {
    /**
     * Which failures may be answered with the last good value or the fallback.
     *
     * @defaultValue ['open', 'full', 'timeout', 'upstream']
     */
    fallbackOn?: readonly ('open' | 'full' | 'timeout' | 'upstream')[];
    /**
     * How long the fallback may take, in milliseconds.
     *
     * @defaultValue the timeout of a call
     */
    fallbackTimeout?: number;
    /**
     * How long all tries together may take, in milliseconds. The request's deadline may be nearer. `false` is no limit.
     *
     * @defaultValue 30000
     */
    totalTimeout?: number | false;
    /**
     * Tries again what failed or took too long: `true`, how many times, or options. Only for calls that may safely
     * happen twice.
     *
     * @defaultValue false
     */
    retry?: boolean | number | RetryOptions;
    /**
     * Starts a second try when the first one is slow. Only for calls that may safely happen twice; needs a budget of
     * `retry`, or the default one.
     *
     * @defaultValue false
     */
    hedge?: false | HedgeOptions;
    /**
     * How many calls may be at work at the same time: a number or options.
     *
     * @defaultValue false
     */
    bulkhead?: false | number | BulkheadOptions;
    /**
     * How long one try may take, in milliseconds; then its signal is aborted. `false` is no limit.
     *
     * @defaultValue 10000
     */
    timeout?: number | false;
    /**
     * What an outcome means: a failure, a success, or nothing. `undefined` leaves it to the default: an error is a
     * failure, unless it has a status from 400 to 499 (408 and 429 are failures) or is a mistake in the code.
     */
    isFailure?: (error: unknown, result: unknown) => boolean | Outcome | undefined;
    /**
     * How many keys may have a breaker of their own; the one unused for longest makes room. At least 1.
     *
     * @defaultValue 1000
     */
    maxKeys?: number;
    /**
     * A key that is unused for this long loses its breaker, in milliseconds.
     *
     * @defaultValue 600000
     */
    idleTimeout?: number;
    /** Shows the breaker in the readiness report; with `critical: true` an open one makes the service not ready. */
    health?: {
        critical?: boolean;
    };
}

/** Options of a breaker: those of a policy, and what needs the function's arguments. */
interface BreakerOptions<Args extends unknown[] = unknown[], T = unknown> extends PolicyOptions {
    /** The name of a policy; options given here win over it. */
    policy?: string;
    /** Answers a failed call in its place. The answer is marked as degraded. Throw to fail all the same. */
    fallback?: Fallback<Args, T>;
    /**
     * Answers a failed call with the last value that succeeded for the same key; before `fallback`. It is the value
     * itself, not a copy: do not change what a call gives you.
     */
    lastGood?: LastGoodOptions<Args>;
    /** Calls with the same key that are in flight at the same time become one. `undefined` stays alone. */
    coalesce?: (...args: Args) => string | undefined;
    /**
     * Gives each key (a host, a shard) a breaker and a bulkhead of its own. The key is in log lines and on the
     * management listener, never in a metric's label.
     */
    key?: (...args: Args) => string;
    /** Whether a call may safely happen twice; asked before `retry` and `hedge`. Unset, all calls may. */
    idempotent?: (...args: Args) => boolean;
}

/** Segments of a path, and a query, each value of which is encoded. */
interface UrlParts {
    /** Segments: each one stays one segment, whatever is in it. */
    path?: readonly (string | number)[];
    /** The query; `undefined` leaves a parameter out. */
    query?: Record<string, string | number | boolean | undefined>;
}
/** A path with values in it: `` path`/users/${id}/orders` `` keeps each value inside its segment. */
declare function path(strings: TemplateStringsArray, ...values: readonly (string | number)[]): string;

/** What `fetch` takes, and more. */
interface FetchOptions extends RequestInit, UrlParts {
    /** The name of a policy. */
    policy?: string;
}
/** The cause of a 502: what the upstream answered. */
declare class ResponseError extends Error {
    readonly name = "ResponseError";
    readonly status: number;
    readonly headers: Record<string, string>;
    constructor(host: string, response: Response);
}

/**
 * A function that a breaker can guard: its first parameter is the call's context, further ones are its own.
 *
 * An unannotated parameter gets its type from here, and a default value (`n = 3`) only counts where there is nothing to
 * get. So a function must see a signature that ends where its required parameters end. TypeScript leaves out signatures
 * that are too short for a function, and takes none from an object that offers two which it cannot unite, as these
 * pairs of a generic and a plain one. Each pair but one is thus either too short or ambiguous. The last pair, always
 * ambiguous, is what every guarded function is checked against.
 */
type Guardable = ((context: CallContext) => unknown) | Either<[], [unknown]> | Either<[unknown], [unknown, unknown]> | Either<[unknown, unknown], [unknown, unknown, unknown]> | Either<[unknown, unknown, unknown], [unknown, unknown, unknown, unknown]> | Either<[unknown, unknown, unknown, unknown], [unknown, unknown, unknown, unknown, unknown]> | Either<any, any>;
interface Either<Shorter extends unknown[], Longer extends unknown[]> {
    <Result>(context: CallContext, ...args: Shorter): Result;
    (context: CallContext, ...args: Longer): unknown;
}
/** What a guarded function takes after the context. */
type GuardedArgs<Fn> = Fn extends (context: never, ...args: infer Args) => unknown ? Args : never;
/** What a guarded function gives in the end. */
type GuardedResult<Fn> = Fn extends (context: never, ...args: never) => infer Result ? Awaited<Result> : never;

/** How much time a request has. */
interface DeadlineOptions {
    /**
     * The header that carries the time that is left, both ways. `grpc-timeout` is read and written in its own format
     * (`250m`), any other one in milliseconds. `false` for none.
     *
     * @defaultValue 'x-envoy-expected-rq-timeout-ms'
     */
    header?: string | false;
    /**
     * Milliseconds that a request has when the header says nothing.
     *
     * @defaultValue 30000
     */
    default?: number;
    /**
     * The most that the header may ask for, in milliseconds.
     *
     * @defaultValue 60000
     */
    max?: number;
    /**
     * Whether the header is believed on arriving requests. It can only shorten a caller's own time, up to `max`.
     *
     * @defaultValue true
     */
    accept?: boolean;
    /**
     * Whether `resilience.fetch` sends the header.
     *
     * @defaultValue true
     */
    propagate?: boolean;
}

/** When requests are turned away because there is too much to do. */
interface SheddingOptions {
    /**
     * The share of an interval, from 0.1 to 1, for which the event loop may be busy.
     *
     * @defaultValue 0.98
     */
    maxUtilization?: number;
    /**
     * How late the event loop may be, in milliseconds. Busy alone is no overload: both must be exceeded.
     *
     * @defaultValue 200
     */
    maxDelay?: number;
    /**
     * How often both are measured, in milliseconds. Shedding starts with the second interval in a row.
     *
     * @defaultValue 500
     */
    interval?: number;
    /**
     * How many requests may be at work at the same time: a limit that finds itself, `false`, or its bounds. Low
     * priority gets four fifths of it, normal nine tenths.
     *
     * @defaultValue false
     */
    concurrency?: false | true | {
        initial?: number;
        min?: number;
        max?: number;
    };
    /**
     * What `Retry-After` says, in seconds. From 1 to 3600.
     *
     * @defaultValue 2
     */
    retryAfter?: number;
}

/** Options of the resilience plugin. Every one may be left out. */
interface ResilienceOptions {
    /** What every breaker and every `fetch` starts from. */
    defaults?: PolicyOptions;
    /** Policies by name, for a breaker's `policy` and for `fetch`. */
    policies?: Record<string, PolicyOptions>;
    /** How much time a request has. */
    deadline?: DeadlineOptions;
    /**
     * Turns requests away while the service has more to do than it can: `true`, `false` or options.
     *
     * @defaultValue true
     */
    shedding?: boolean | SheddingOptions;
    /**
     * The header on answers that are made of a last good value or a fallback; its value is `true`. `false` for none.
     *
     * @defaultValue 'x-degraded'
     */
    degradedHeader?: string | false;
    /**
     * Whether `breaker.inject` may make calls fail. For tests.
     *
     * @defaultValue false
     */
    faults?: boolean;
    /**
     * What `resilience.fetch` calls.
     *
     * @defaultValue globalThis.fetch
     */
    fetch?: typeof globalThis.fetch;
    /** Where time comes from, for tests: `now()` in milliseconds, `setTimeout`, `clearTimeout`. */
    clock?: Clock;
    /** A number from 0 to 1, for what happens by chance; for tests. */
    random?: () => number;
}

/** What `app.resilience` is. */
interface Resilience {
    /**
     * Guards a function. Its first argument is the call's context: give its `signal` to what you call.
     *
     * @throws Error when the name is taken, RangeError when an option cannot work.
     */
    breaker<Fn extends Guardable>(name: string, fn: Fn, options?: BreakerOptions<GuardedArgs<Fn>, GuardedResult<Fn>>): Breaker<GuardedArgs<Fn>, GuardedResult<Fn>>;
    /** Names a policy, for a breaker's `policy` and for `fetch`. */
    policy(name: string, options: PolicyOptions): void;
    /**
     * `fetch` with a breaker per host, timeouts, retries of what may be repeated, and the request's deadline. Statuses
     * from 500 on, 408 and 429 are failures (502); all others are answers. A body that hangs, breaks off or is not what
     * it says counts as a failure too, once it is read.
     */
    fetch(request: FastifyRequest | null | undefined, url: string | URL, options?: FetchOptions): Promise<Response>;
    /** What each breaker shows of itself. */
    list(): BreakerSnapshot[];
    /** The breaker of that name. What it takes and gives is not known here. */
    get(name: string): Breaker | undefined;
}

interface ResilienceDecorators {
    /** Breakers, policies and a guarded fetch. */
    resilience: Overridable<this, Resilience>;
}
interface ResilienceRequest {
    /** How much time the request has, and whether its client still waits. */
    readonly deadline: Overridable<this, RequestDeadline>;
    /** The breakers whose part of the answer is a last good value or a fallback; null while there is none. */
    readonly degraded: Overridable<this, readonly string[] | null>;
}
declare module 'fastify' {
    interface FastifyInstance extends ResilienceDecorators {
    }
    interface FastifyRequest extends ResilienceRequest {
    }
}
/** Breakers, retries, bulkheads, deadlines and load shedding for Fastify. */
declare const resilience: FastifyPluginAsync<ResilienceOptions>;

/** From the first to go to the last. `critical` never goes. */
declare const priorities: readonly ["low", "normal", "high", "critical"];
type Priority = (typeof priorities)[number];
interface ResilienceRouteConfig {
    /**
     * Which requests are turned away first when there is too much to do: `low`, then `normal` (the default), then
     * `high`. `critical` ones never are.
     */
    priority?: Overridable<this, Priority>;
}
declare module 'fastify' {
    interface FastifyContextConfig extends ResilienceRouteConfig {
    }
}

export { BreakerOpenError, BulkheadFullError, CallCanceledError, CallTimeoutError, ClosedError, DeadlineError, OverloadedError, PathError, ResilienceError, ResponseError, UpstreamError, resilience as default, path, resilience };
export type { Breaker, BreakerOptions, BreakerSnapshot, BulkheadOptions, CallContext, CallOutcome, CircuitOptions, CircuitState, Clock, DeadlineOptions, Detailed, FailureKind, Fallback, FallbackContext, Fault, FetchOptions, Guardable, GuardedArgs, GuardedResult, HedgeOptions, LastGoodOptions, Outcome, PolicyOptions, Priority, RequestDeadline, Resilience, ResilienceOptions, RetryOptions, SheddingOptions, Switch, UrlParts };
