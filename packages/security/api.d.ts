// @seaworthy/security: index
import { FastifyError, FastifyInstance, FastifyRequest, FastifyPluginAsync, LogLevel, FastifyReply } from 'fastify';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';

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

/** The two constructor options by which plugins see early rejections, for HTTP/1, HTTPS and HTTP/2 alike. */
interface EarlyRejectionOptions {
    frameworkErrors: (error: FastifyError, request: object, reply: object) => void;
    clientErrorHandler: (this: FastifyInstance, error: Error & {
        code?: string;
    }, socket: Socket) => void;
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
/** An options object with at least one of the keys of `T`: a key that does not exist, alone, is then an error. */
type AtLeastOne<T> = {
    [K in keyof T]-?: Required<Pick<T, K>> & Partial<T>;
}[keyof T];
/** `{}`: no option. A misspelt key is an error. */
type NoOptions = Record<string, never>;

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
 * The form of an address under which its owner is counted: IPv4 as it is, IPv6 by its network, because one customer
 * has a whole `/64` to choose addresses from. A text that is no address stays as it is, in lower case.
 *
 * @example
 * console.log(normalizeIP('2001:db8::1')) // 2001:db8::/64 counts as one client
 * @param prefix - Bits of an IPv6 address that count, 0 to 128.
 */
declare function clientNetwork(ip: string | undefined, prefix?: number): string;

/**
 * The commands that the packages send. Clients of ioredis 5 and 6, alone, with Sentinel or as a cluster, have them.
 * `status` is ioredis' state of the connection: `ready`, `wait`, `connecting`, `reconnecting`, `close`, `end`.
 *
 * @example
 * const withRedis = async (redis: RedisClient) => app.register(rateLimit, { redis }) // new Redis(…) of ioredis
 */
interface RedisClient {
    readonly status?: string;
    eval(script: string, numberOfKeys: number, ...args: (string | number)[]): Promise<unknown>;
    evalsha(sha: string, numberOfKeys: number, ...args: (string | number)[]): Promise<unknown>;
    ping(): Promise<unknown>;
}

/**
 * The codes of this package's errors.
 *
 * @example
 * const limits: readonly SecurityErrorCode[] = ['RATE_LIMITED', 'RATE_LIMIT_BANNED']
 */
type SecurityErrorCode = 'RATE_LIMITED' | 'RATE_LIMIT_BANNED' | 'RATE_LIMIT_STORE_DOWN' | 'CONCURRENCY_LIMITED' | 'UNSUPPORTED_CONTENT_TYPE' | 'BODY_TOO_DEEP' | 'TOO_MANY_KEYS' | 'KEY_TOO_LONG' | 'FORBIDDEN_PROPERTY';
/**
 * The members of a {@link SecurityError} besides its message.
 *
 * @example
 * const options: SecurityErrorOptions = { code: 'RATE_LIMITED', statusCode: 429, headers: { 'retry-after': '60' } }
 * throw new SecurityError('Wait a minute', options)
 */
type SecurityErrorOptions = Omit<PluginErrorOptions<SecurityErrorCode>, 'headers'> & {
    headers?: Readonly<Record<string, string>> | undefined;
};
/**
 * An error whose status, code, message and headers may go to the client.
 *
 * @example
 * app.setErrorHandler((error, _request, reply) => {
 *   if (error instanceof SecurityError) return reply.code(error.statusCode).send({ code: error.code })
 *   throw error
 * })
 */
declare class SecurityError extends PluginError<SecurityErrorCode> {
    readonly headers: Readonly<Record<string, string>> | undefined;
    constructor(message: string, options: SecurityErrorOptions);
}

/**
 * A request of a key that has as many running as it may have: 429.
 *
 * @example
 * app.setErrorHandler((error, _request, reply) => {
 *   if (error instanceof ConcurrencyLimitError) return reply.code(429).send({ atMost: error.max })
 *   throw error
 * })
 */
declare class ConcurrencyLimitError extends SecurityError {
    /** Requests of the key that may run at the same time. */
    readonly max: number;
    constructor(max: number);
}

/**
 * Whether a part rejects requests, or only reports those that it would reject.
 *
 * @example
 * const mode: Mode = 'observe'
 * await app.register(security, { mode }) // nothing is rejected, the log has the requests that 'enforce' would reject
 */
type Mode = 'enforce' | 'observe';

/**
 * The policy for requests while the shared store does not answer.
 *
 * @example
 * const onStoreError: StoreErrorPolicy = 'closed'
 * await app.register(rateLimit, { redis: { host: 'redis' }, onStoreError })
 */
type StoreErrorPolicy = 'local' | 'open' | 'closed';
/**
 * A header about a limit that can be left out. The names without `x-` are those of `enableDraftSpec`.
 *
 * @example
 * const header: RateLimitHeader = 'retry-after'
 * await app.register(rateLimit, { addHeaders: { [header]: false } })
 */
type RateLimitHeader = 'x-ratelimit-limit' | 'x-ratelimit-remaining' | 'x-ratelimit-reset' | 'ratelimit-limit' | 'ratelimit-remaining' | 'ratelimit-reset' | 'retry-after';
/**
 * The hook in which a limit is evaluated.
 *
 * @example
 * const hook: RateLimitHook = 'preHandler'
 * await app.register(rateLimit, { hook })
 */
type RateLimitHook = 'onRequest' | 'preParsing' | 'preValidation' | 'preHandler';
/**
 * The rejection for which `errorResponseBuilder` makes a response.
 *
 * @example
 * const errorResponseBuilder = (_request: object, { after, max }: RateLimitContext) => ({ statusCode: 429, error: `${max} at most, wait ${after}` })
 * await app.register(rateLimit, { errorResponseBuilder })
 */
interface RateLimitContext {
    /** 429, or 403 for a banned client. */
    statusCode: number;
    /** Whether the client was rejected so often that it is banned. */
    ban: boolean;
    max: number;
    /** Milliseconds until a request would pass. */
    ttl: number;
    /** `ttl` in words: `1 minute`. */
    after: string;
}
/**
 * One limit: of the app, of a route, or of a hook.
 *
 * @example
 * const limit: LimitOptions = { max: 10, timeWindow: '15 minutes', failuresOnly: [401] }
 * await app.register(rateLimit, { failures: limit })
 */
interface LimitOptions {
    /**
     * Requests within the window, at least 0, or a function that returns them (`Infinity`: no limit). While an app has not set it, files of
     * `@fastify/static` are counted apart, up to 1000, and requests by `app.inject()` without an address are never rejected.
     *
     * @defaultValue 100
     */
    max?: number | ((request: FastifyRequest, key: string) => number | Promise<number>) | undefined;
    /**
     * The window: milliseconds from 1 to a year, a text with a unit such as `'1 minute'`, or a function that returns
     * milliseconds. It slides: in no stretch of this length do more than `max` requests pass.
     *
     * @defaultValue '1 minute'
     * @throws RangeError for a text without a unit: `'60'` could be milliseconds or seconds.
     */
    timeWindow?: number | string | ((request: FastifyRequest, key: string) => number | Promise<number>) | undefined;
    /**
     * Whether requests are counted by address, or by user once authentication has run.
     *
     * @defaultValue 'ip'
     */
    by?: 'ip' | 'user' | undefined;
    /**
     * Returns the key of a request instead. `undefined` leaves the request uncounted, unless it has no address either (a
     * Unix socket, a reset connection): such requests are counted together. Pass addresses through `normalizeIP`.
     *
     * @defaultValue the address, IPv6 by its /64; with `by: 'user'` `request.user.sub` or `.id`, and the issuer of the token
     */
    keyGenerator?: ((request: FastifyRequest) => string | number | undefined | Promise<string | number | undefined>) | undefined;
    /**
     * Requests that one request counts for, at least 1, or a function that returns them.
     *
     * @defaultValue 1
     */
    cost?: number | ((request: FastifyRequest) => number) | undefined;
    /**
     * Counts only responses with these status codes, 400 to 599: failed logins, rejected tokens. A request is counted
     * when it arrives and given back when it succeeds, so many at once cannot pass.
     *
     * @defaultValue none: every request counts
     */
    failuresOnly?: readonly number[] | undefined;
    /**
     * Whether the limit only counts: headers and metrics as usual, but no request is rejected.
     *
     * @defaultValue false
     */
    observe?: boolean | undefined;
    /**
     * The policy while Redis does not answer: `'local'` counts in this process, `'open'` lets all requests pass,
     * `'closed'` answers 503.
     *
     * @defaultValue 'local'
     */
    onStoreError?: StoreErrorPolicy | undefined;
    /**
     * The option of `@fastify/rate-limit`: `true` is `onStoreError: 'local'` (requests pass and are counted), `false` is
     * `'closed'`.
     *
     * @defaultValue none: `onStoreError` applies
     * @throws RangeError together with `onStoreError`.
     */
    skipOnError?: boolean | undefined;
    /**
     * Addresses and CIDR ranges without a limit, compared with the address (never with the key), or a function.
     *
     * @defaultValue []
     */
    allowList?: readonly string[] | ((request: FastifyRequest, key: string) => boolean | Promise<boolean>) | undefined;
    /**
     * The hook in which the limit is evaluated.
     *
     * @defaultValue 'onRequest', before authentication; with `by: 'user'` as soon as there is a user
     */
    hook?: RateLimitHook | undefined;
    /**
     * Counts the routes of one group together.
     *
     * @defaultValue none: each route counts alone, GET and HEAD together
     */
    groupId?: string | undefined;
    /**
     * The name in metrics and in the `RateLimit` headers.
     *
     * @defaultValue 'ip', 'user' or the route
     */
    name?: string | undefined;
    /**
     * The number of rejections in a row after which the response is 403, at least -1. `-1` is never.
     *
     * @defaultValue -1
     */
    ban?: number | undefined;
    /**
     * Whether rejected requests count too: a client that does not pause stays rejected.
     *
     * @defaultValue false
     */
    continueExceeding?: boolean | undefined;
    /**
     * Whether each rejection in a row doubles the time until a request passes, from one window up to a day (or one window,
     * if that is longer). `continueExceeding` is then without effect.
     *
     * @defaultValue false
     */
    exponentialBackoff?: boolean | undefined;
    /**
     * The headers of a rejection, on top of those of the app: `{ 'x-ratelimit-limit': false }` leaves one out, as
     * `'retry-after'` too.
     *
     * @defaultValue `{}`: all
     */
    addHeaders?: Partial<Record<RateLimitHeader, boolean>> | undefined;
    /**
     * The headers of other responses, on top of those of the app.
     *
     * @defaultValue `{}`: all
     */
    addHeadersOnExceeding?: Partial<Record<RateLimitHeader, boolean>> | undefined;
    /**
     * Bits of an IPv6 address that identify a client, 1 to 128.
     *
     * @defaultValue 64
     */
    ipv6Subnet?: number | undefined;
    /**
     * Called after a request has passed; its errors are logged.
     *
     * @defaultValue none: nothing is called
     */
    onExceeding?: ((request: FastifyRequest, key: string) => void) | undefined;
    /**
     * Called after a request has been rejected; its errors are logged.
     *
     * @defaultValue none: nothing is called
     */
    onExceeded?: ((request: FastifyRequest, key: string) => void) | undefined;
    /**
     * Called after a client has been banned; its errors are logged.
     *
     * @defaultValue none: nothing is called
     */
    onBanReach?: ((request: FastifyRequest, key: string) => void) | undefined;
    /**
     * Returns the error, or the body, of a rejection. Its `statusCode` overrides 429 (403 for a banned client).
     *
     * @defaultValue none: an error with the code RATE_LIMITED
     */
    errorResponseBuilder?: ((request: FastifyRequest, context: RateLimitContext) => object) | undefined;
}

/**
 * A store as @fastify/rate-limit has it. `read` is for `createRateLimit` with `increment: false`.
 *
 * @example
 * class Counts implements RateLimitStore {
 *   readonly #seen = new Map<string, number>()
 *   incr(key: string, callback: StoreCallback, timeWindow: number): void {
 *     const current = (this.#seen.get(key) ?? 0) + 1
 *     this.#seen.set(key, current)
 *     callback(null, { current, ttl: timeWindow })
 *   }
 *   child(): RateLimitStore {
 *     return new Counts()
 *   }
 * }
 * await app.register(rateLimit, { store: Counts })
 */
interface RateLimitStore {
    incr(key: string, callback: StoreCallback, timeWindow: number, max: number): void;
    read?(key: string, callback: StoreCallback, timeWindow: number, max: number): void;
    child(options: object): RateLimitStore;
}
/**
 * Called with the count of a key and the milliseconds until it ends.
 *
 * @example
 * const count = (callback: StoreCallback) => callback(null, { current: 1, ttl: 60_000 })
 */
type StoreCallback = (error: Error | null, result?: {
    current: number;
    ttl: number;
}) => void;
/**
 * The class of a store. It is made with the plugin's options, and a child with those of a limit.
 *
 * @example
 * const withStore = async (store: RateLimitStoreClass) => app.register(rateLimit, { store })
 */
type RateLimitStoreClass = new (options: never) => RateLimitStore;

/**
 * A route's limit instead of the app's limit per address, and its limits per user and on failures.
 *
 * @example
 * const limit: RouteLimitOptions = { max: 100, user: false }
 * console.log(limit)
 */
interface RouteLimitOptions extends LimitOptions {
    /**
     * The route's limit per user; `false` for none.
     *
     * @defaultValue none: the app's applies
     */
    user?: LimitOptions | false | undefined;
    /**
     * The route's limit on failures; `false` for none.
     *
     * @defaultValue none: the app's applies
     */
    failures?: LimitOptions | false | undefined;
}
/**
 * A route's `config.rateLimit`: a limit, several at once, or `false`.
 *
 * @example
 * const limits: RouteRateLimit = [
 *   { name: 'burst', max: 2, timeWindow: '1 second' },
 *   { name: 'daily', max: 50, timeWindow: '1 day' }
 * ]
 * app.get('/export', { config: { rateLimit: limits } }, async () => 'data')
 */
type RouteRateLimit = AtLeastOne<RouteLimitOptions> | NoOptions | readonly AtLeastOne<LimitOptions>[] | false;
/**
 * Options of ioredis' `Redis`, all of them.
 *
 * @example
 * const redis: RedisConnection = { host: 'redis.example.com', tls: {} }
 * await app.register(rateLimit, { redis })
 */
interface RedisConnection {
    host?: string;
    port?: number;
    path?: string;
    username?: string;
    password?: string;
    db?: number;
    tls?: object;
    [option: string]: unknown;
}
/**
 * A client of node-redis, as far as its type matters here.
 *
 * @example
 * const withRedis = async (redis: NodeRedisClient) => app.register(rateLimit, { redis }) // createClient() of redis
 */
interface NodeRedisClient {
    evalSha(...args: never[]): Promise<unknown>;
    eval(...args: never[]): Promise<unknown>;
}
/**
 * A client of `@upstash/redis`, as far as its type matters here.
 *
 * @example
 * const withRedis = async (redis: UpstashClient) => app.register(rateLimit, { redis }) // Redis.fromEnv() of @upstash/redis
 */
interface UpstashClient {
    evalsha(...args: never[]): Promise<unknown>;
    eval(...args: never[]): Promise<unknown>;
    createScript(...args: never[]): unknown;
}
/**
 * Options of `rateLimit`: the limit per address, and the options of all limits together.
 *
 * @example
 * const options: RateLimitOptions = { max: 300, timeWindow: '1 minute', user: { max: 1000 } }
 * await app.register(rateLimit, options)
 */
interface RateLimitOptions extends LimitOptions {
    /**
     * Whether routes without `config.rateLimit`, and unknown routes, are limited.
     *
     * @defaultValue true
     */
    global?: boolean | undefined;
    /**
     * Whether limits reject requests. `'observe'` makes `observe: true` the default of all limits, those of routes
     * included, and logs when a limit would have rejected a request.
     *
     * @defaultValue 'enforce'
     */
    mode?: Mode | undefined;
    /**
     * A second limit per user, evaluated after authentication: `{ max, timeWindow, keyGenerator }`.
     *
     * @defaultValue false
     */
    user?: LimitOptions | false | undefined;
    /**
     * A limit per address on failures: `{ max: 10, timeWindow: '1 minute', failuresOnly: [401] }`.
     *
     * @defaultValue false
     */
    failures?: LimitOptions | false | undefined;
    /**
     * The store in which several processes count together: a client of ioredis, of node-redis 4 or later or of Upstash,
     * or options for one of ioredis (install `ioredis`). Redis 6 or Valkey. In a cluster a request makes one call for each
     * client that its limits count, else one for all.
     *
     * @defaultValue none: each process counts alone
     */
    redis?: RedisClient | NodeRedisClient | UpstashClient | RedisConnection | undefined;
    /**
     * A class of the app that counts instead, written for `@fastify/rate-limit`. Each limit is one call; limits on
     * failures and `cost` need a store that gives back, so they stop the start with it.
     *
     * @defaultValue none: the process or Redis counts
     * @throws RangeError for a class without `incr` and `child`, and together with `redis`.
     */
    store?: RateLimitStoreClass | undefined;
    /**
     * The prefix of every key in Redis. Services with the same prefix count together.
     *
     * @defaultValue 'seaworthy-rate-limit:', the service's name (`OTEL_SERVICE_NAME`, else that of its package) and ':'
     */
    nameSpace?: string | undefined;
    /**
     * Milliseconds for which a request waits for Redis, 1 to 10000.
     *
     * @defaultValue 50
     */
    storeTimeout?: number | undefined;
    /**
     * Keys that are counted one by one in this process, 1 to 10000000. Further ones share counters. One takes about 350
     * bytes, 2 KB at most.
     *
     * @defaultValue 10000
     */
    cache?: number | undefined;
    /**
     * Names the older headers as earlier drafts did (`ratelimit-limit`), instead of `x-ratelimit-limit`.
     *
     * @defaultValue false
     */
    enableDraftSpec?: boolean | undefined;
    /**
     * Whether responses carry the headers `RateLimit` and `RateLimit-Policy` of the IETF's draft.
     *
     * @defaultValue true
     */
    policyHeaders?: boolean | undefined;
}
interface RateLimitConfig {
    /** The route's limit, several limits, or `false` for none. */
    rateLimit?: Overridable<this, RouteRateLimit>;
}
declare module 'fastify' {
    interface FastifyContextConfig extends RateLimitConfig {
    }
}

/**
 * How many requests of one key may run at the same time: of the app, or of a route.
 *
 * @example
 * const limit = { max: 2, onStoreError: 'closed' } satisfies ConcurrencyLimitOptions
 * app.post('/reports', { config: { concurrency: limit } }, async () => 'done')
 */
interface ConcurrencyLimitOptions {
    /**
     * Requests of one key that run at the same time, at least 1, or a function that returns them: by the tenant's plan, for
     * example.
     *
     * @defaultValue 20
     */
    max?: number | ((request: FastifyRequest, key: string) => number | Promise<number>) | undefined;
    /**
     * Whether requests count by user once authentication has run, or by address before it. With `'user'`, requests without
     * a user are not limited.
     *
     * @defaultValue 'user'
     */
    by?: 'ip' | 'user' | undefined;
    /**
     * Returns the key of a request instead, such as its tenant. `undefined` leaves the request unlimited. With `by: 'user'`
     * it is called once there is a user; without that, never take the key from what a client can choose.
     *
     * @defaultValue the user (`request.user.sub` or `.id`, and the issuer of the token), or the address, IPv6 by its /64
     */
    keyGenerator?: ((request: FastifyRequest) => string | number | undefined | Promise<string | number | undefined>) | undefined;
    /**
     * The name in metrics and in the `RateLimit` headers. Limits of one name count together.
     *
     * @defaultValue 'concurrency', or the route
     */
    name?: string | undefined;
    /**
     * Whether the limit only counts: headers and metrics as usual, but no request is rejected.
     *
     * @defaultValue false
     */
    observe?: boolean | undefined;
    /**
     * The policy while Redis does not answer: `'local'` counts in this process, `'open'` lets all requests pass,
     * `'closed'` answers 503.
     *
     * @defaultValue 'local'
     */
    onStoreError?: StoreErrorPolicy | undefined;
}
/**
 * A route's `config.concurrency`: its limit instead of the app's, or `false`.
 *
 * @example
 * const none: RouteConcurrency = false
 * app.get('/events', { config: { concurrency: none } }, async () => 'ok')
 */
type RouteConcurrency = AtLeastOne<ConcurrencyLimitOptions> | NoOptions | false;
/**
 * Options of `concurrencyLimit`: the app's limit, and the options of all limits together.
 *
 * @example
 * const options: ConcurrencyOptions = { max: 10, redis: { host: 'redis.example.com' } }
 * await app.register(concurrencyLimit, options)
 */
interface ConcurrencyOptions extends ConcurrencyLimitOptions {
    /**
     * Whether routes without `config.concurrency` are limited.
     *
     * @defaultValue true
     */
    global?: boolean | undefined;
    /**
     * `'observe'` makes `observe: true` the default of all limits, and logs when a limit would have rejected a request.
     *
     * @defaultValue 'enforce'
     */
    mode?: Mode | undefined;
    /**
     * The store in which several processes count together: a client of ioredis, of node-redis 4 or later or of Upstash,
     * or options for one of ioredis (install `ioredis`). Redis 6 or Valkey. A request makes one call when it starts and one when it ends.
     *
     * @defaultValue none: each process counts alone
     */
    redis?: RedisClient | NodeRedisClient | UpstashClient | RedisConnection | undefined;
    /**
     * The prefix of every key in Redis. Services with the same prefix count together.
     *
     * @defaultValue 'seaworthy-concurrency:', the service's name (`OTEL_SERVICE_NAME`, else that of its package) and ':'
     */
    nameSpace?: string | undefined;
    /**
     * Milliseconds for which a request waits for Redis, 1 to 10000.
     *
     * @defaultValue 50
     */
    storeTimeout?: number | undefined;
    /**
     * Milliseconds after which Redis no longer counts a request whose process has died, 1000 to 600000. Running requests
     * are renewed three times in that time, however long they take.
     *
     * @defaultValue 15000
     */
    leaseTime?: number | undefined;
    /**
     * Whether responses carry the limit in the headers `RateLimit` and `RateLimit-Policy` of the IETF's draft.
     *
     * @defaultValue true
     */
    policyHeaders?: boolean | undefined;
}
interface ConcurrencyConfig {
    /** The route's limit of requests that run at the same time, or `false` for none. */
    concurrency?: Overridable<this, RouteConcurrency>;
}
declare module 'fastify' {
    interface FastifyContextConfig extends ConcurrencyConfig {
    }
}

/**
 * Limits how many requests of one user, address or tenant run at the same time, alone or together with other processes.
 *
 * @example
 * await app.register(concurrencyLimit, { max: 10 })
 * app.post('/reports', { config: { concurrency: { max: 2 } } }, async () => 'done')
 */
declare const concurrencyLimit: FastifyPluginAsync<ConcurrencyOptions>;

/**
 * One origin, or a pattern of origins, anchored and with escaped dots: `/^https:\/\/[a-z]+\.example\.com$/`.
 *
 * @example
 * const origin: OriginRule = /^https:\/\/[a-z]+\.app\.example\.com$/
 * await app.register(cors, { origin })
 */
type OriginRule = string | RegExp;
/**
 * Origins and patterns, also in nested lists. A boolean in a list is rejected at the start.
 *
 * @example
 * const origin: OriginList = ['https://app.example.com', /^https:\/\/[a-z]+\.app\.example\.com$/]
 * await app.register(cors, { origin })
 */
type OriginList = readonly (OriginRule | boolean | OriginList)[];
/**
 * Decides about an origin: by a callback, a promise, or at once if it has no second parameter. An error disallows it.
 *
 * @example
 * const origin: OriginFunction = (from, callback) => callback(null, from?.endsWith('.example.com'))
 * await app.register(cors, { origin })
 */
type OriginFunction = (origin: string | undefined, callback: (error: Error | null, allow?: unknown) => void) => unknown;
/**
 * Returns the options for a request: at once, by a promise, or by a callback. `false` allows no origin.
 *
 * @example
 * const delegator: CorsDelegator = (request) => ({ origin: request.url.startsWith('/public') ? '*' : 'https://app.example.com' })
 * await app.register(cors, { delegator })
 */
type CorsDelegator = (request: FastifyRequest, callback: (error: Error | null, options?: CorsOptions) => void) => PromiseLike<CorsOptions | false> | CorsOptions | false | void;
/**
 * The hook in which the headers are set.
 *
 * @example
 * const hook: CorsHook = 'preHandler'
 * await app.register(cors, { origin: ['https://app.example.com'], hook })
 */
type CorsHook = 'onRequest' | 'preParsing' | 'preValidation' | 'preHandler' | 'preSerialization';
/**
 * A route's `config.cors`: options on top of the plugin's, or `false` for none.
 *
 * @example
 * const open: RouteCors = { origin: '*', credentials: false }
 * app.get('/public', { config: { cors: open } }, async () => 'for every origin')
 */
type RouteCors = AtLeastOne<Omit<CorsOptions, 'delegator' | 'hook' | 'hideOptionsRoute' | 'logLevel'>> | NoOptions | false;
/**
 * Options of `cors`: all of @fastify/cors, checked. Without `origin` no other origin may read responses.
 *
 * @example
 * const options: CorsOptions = { origin: ['https://app.example.com'], credentials: true, maxAge: 600 }
 * await app.register(cors, options)
 */
interface CorsOptions {
    /**
     * The origins that may read responses: a list of origins and anchored patterns, or a function. `true` allows every
     * origin by its name. `'*'` allows every origin and excludes `credentials`, as `'null'` does. `false` allows none but
     * the service's own.
     *
     * @defaultValue false
     * @throws RangeError for a pattern that matches more than it seems to, and for every origin with `credentials`.
     */
    origin?: boolean | OriginRule | OriginList | OriginFunction | undefined;
    /**
     * Returns the options per request, at once or by a promise, or calls back as in `@fastify/cors`: `(request, callback)`.
     * `false` allows no origin.
     *
     * @defaultValue none: the options are the same for each request
     */
    delegator?: CorsDelegator | undefined;
    /**
     * The hook in which the headers are set.
     *
     * @defaultValue 'onRequest'
     */
    hook?: CorsHook | undefined;
    /**
     * Whether allowed origins may send cookies and other credentials, and read the responses.
     *
     * @defaultValue false
     */
    credentials?: boolean | undefined;
    /**
     * The response headers that allowed origins may read. `'*'` is every header, without `credentials`.
     *
     * @defaultValue none: only those that browsers always expose
     * @throws RangeError for `'*'` with `credentials`, where it is no wildcard.
     */
    exposedHeaders?: string | string[] | undefined;
    /**
     * The headers that a cross-origin request may have. `'*'` is every header but `Authorization`, without `credentials`.
     *
     * @defaultValue those that the preflight requests
     * @throws RangeError for `'*'` with `credentials`, where it is no wildcard.
     */
    allowedHeaders?: string | string[] | undefined;
    /**
     * The methods that a cross-origin request may have, in capital letters.
     *
     * @defaultValue ['GET', 'HEAD', 'PUT', 'PATCH', 'POST', 'DELETE']
     * @throws RangeError for other letters, and for `'*'` with `credentials`, where it is no wildcard.
     */
    methods?: string | string[] | undefined;
    /**
     * Seconds for which browsers cache the response to a preflight, at least 0.
     *
     * @defaultValue none: the browser decides
     */
    maxAge?: number | undefined;
    /**
     * The `Cache-Control` of the response to a preflight: seconds, at least 0, or the whole header.
     *
     * @defaultValue none: the response has no such header
     */
    cacheControl?: number | string | undefined;
    /**
     * Passes preflights on to the route.
     *
     * @defaultValue false
     */
    preflightContinue?: boolean | undefined;
    /**
     * The status code of the response to a preflight, 200 to 299.
     *
     * @defaultValue 204
     */
    optionsSuccessStatus?: number | undefined;
    /**
     * Whether preflights are answered at all.
     *
     * @defaultValue true
     */
    preflight?: boolean | undefined;
    /**
     * Whether a preflight without its required headers is answered with 400. With `false` each `OPTIONS` request counts as
     * a preflight.
     *
     * @defaultValue true
     */
    strictPreflight?: boolean | undefined;
    /**
     * Hides the route for preflights from the documents of `@fastify/swagger`.
     *
     * @defaultValue true
     */
    hideOptionsRoute?: boolean | undefined;
    /**
     * The log level of the route for preflights.
     *
     * @defaultValue none: the app's
     */
    logLevel?: LogLevel;
}

interface CorsConfig {
    /** The route's CORS options, on top of the plugin's; `false` for none. */
    cors?: Overridable<this, RouteCors>;
}
declare module 'fastify' {
    interface FastifyContextConfig extends CorsConfig {
    }
}
/**
 * Cross-origin resource sharing: @fastify/cors, with unsafe options rejected at the start.
 *
 * @example
 * await app.register(cors, { origin: ['https://app.example.com'], credentials: true })
 */
declare const cors: FastifyPluginAsync<CorsOptions>;

/** The values of one directive of a policy. Functions are called for each request. */
type PolicyValues = Iterable<string | ((request: IncomingMessage, response: ServerResponse) => string)>;
/** A policy. `null` leaves a directive out. */
type PolicyOptions<Values> = {
    reportOnly?: boolean;
} & ({
    useDefaults?: true;
    directives?: Record<string, Values | null>;
} | {
    useDefaults: false;
    directives: Record<string, Values | null>;
});
/** A policy about the referrer. */
type ReferrerToken = 'no-referrer' | 'no-referrer-when-downgrade' | 'same-origin' | 'origin' | 'strict-origin' | 'origin-when-cross-origin' | 'strict-origin-when-cross-origin' | 'unsafe-url' | '';
/** Options of `Strict-Transport-Security`; `maxAge` in seconds. */
type TransportSecurity = {
    maxAge?: number;
    includeSubDomains?: boolean;
    preload?: boolean;
};
/**
 * All of helmet's options, declared here: helmet's own type is a union of the 256 ways to choose between its older and
 * newer names, which would keep a compiler busy for half a minute, and the declarations of `@fastify/helmet` add members
 * to Fastify's types that would not give way to the app's. `false` leaves a header out. Helmet's symbol for a policy
 * without `default-src` differs in each copy of it, so any symbol is accepted.
 *
 * @example
 * const options: HelmetHeaders = { frameguard: { action: 'deny' } }
 * await app.register(headers, options)
 */
interface HelmetHeaders {
    /**
     * The `Content-Security-Policy` header: `directives`, on top of helmet's unless `useDefaults` is `false`.
     *
     * @defaultValue the profile's
     */
    contentSecurityPolicy?: PolicyOptions<PolicyValues | symbol> | boolean;
    /**
     * The `Cross-Origin-Embedder-Policy` header.
     *
     * @defaultValue false
     */
    crossOriginEmbedderPolicy?: {
        policy?: 'require-corp' | 'credentialless' | 'unsafe-none';
    } | boolean;
    /**
     * The `Cross-Origin-Opener-Policy` header.
     *
     * @defaultValue `{ policy: 'same-origin' }`
     */
    crossOriginOpenerPolicy?: {
        policy?: 'same-origin' | 'same-origin-allow-popups' | 'noopener-allow-popups' | 'unsafe-none';
    } | boolean;
    /**
     * The `Cross-Origin-Resource-Policy` header.
     *
     * @defaultValue `{ policy: 'same-origin' }`
     */
    crossOriginResourcePolicy?: {
        policy?: 'same-origin' | 'same-site' | 'cross-origin';
    } | boolean;
    /**
     * The `Origin-Agent-Cluster` header.
     *
     * @defaultValue true
     */
    originAgentCluster?: boolean;
    /**
     * The `Referrer-Policy` header.
     *
     * @defaultValue the profile's
     */
    referrerPolicy?: {
        policy?: ReferrerToken | ReferrerToken[];
    } | boolean;
    /**
     * The `Strict-Transport-Security` header.
     *
     * @defaultValue `{ maxAge: 31536000, includeSubDomains: true }`
     */
    strictTransportSecurity?: TransportSecurity | boolean;
    /**
     * The older name of `strictTransportSecurity`.
     *
     * @defaultValue none
     */
    hsts?: TransportSecurity | boolean;
    /**
     * The `X-Content-Type-Options` header.
     *
     * @defaultValue true
     */
    xContentTypeOptions?: boolean;
    /**
     * The older name of `xContentTypeOptions`.
     *
     * @defaultValue none
     */
    noSniff?: boolean;
    /**
     * The `X-DNS-Prefetch-Control` header.
     *
     * @defaultValue `{ allow: false }`
     */
    xDnsPrefetchControl?: {
        allow?: boolean;
    } | boolean;
    /**
     * The older name of `xDnsPrefetchControl`.
     *
     * @defaultValue none
     */
    dnsPrefetchControl?: {
        allow?: boolean;
    } | boolean;
    /**
     * The `X-Download-Options` header.
     *
     * @defaultValue true
     */
    xDownloadOptions?: boolean;
    /**
     * The older name of `xDownloadOptions`.
     *
     * @defaultValue none
     */
    ieNoOpen?: boolean;
    /**
     * The `X-Frame-Options` header.
     *
     * @defaultValue the profile's
     */
    xFrameOptions?: {
        action?: 'deny' | 'sameorigin';
    } | boolean;
    /**
     * The older name of `xFrameOptions`.
     *
     * @defaultValue none
     */
    frameguard?: {
        action?: 'deny' | 'sameorigin';
    } | boolean;
    /**
     * The `X-Permitted-Cross-Domain-Policies` header.
     *
     * @defaultValue `{ permittedPolicies: 'none' }`
     */
    xPermittedCrossDomainPolicies?: {
        permittedPolicies?: 'none' | 'master-only' | 'by-content-type' | 'all';
    } | boolean;
    /**
     * The older name of `xPermittedCrossDomainPolicies`.
     *
     * @defaultValue none
     */
    permittedCrossDomainPolicies?: {
        permittedPolicies?: 'none' | 'master-only' | 'by-content-type' | 'all';
    } | boolean;
    /**
     * Whether an `X-Powered-By` header is removed.
     *
     * @defaultValue true
     */
    xPoweredBy?: boolean;
    /**
     * The older name of `xPoweredBy`.
     *
     * @defaultValue none
     */
    hidePoweredBy?: boolean;
    /**
     * The `X-XSS-Protection` header.
     *
     * @defaultValue true
     */
    xXssProtection?: boolean;
    /**
     * The older name of `xXssProtection`.
     *
     * @defaultValue none
     */
    xssFilter?: boolean;
}

/**
 * The nonces of one request.
 *
 * @example
 * app.get('/', async (_request, reply) => {
 *   const { script }: CspNonce = reply.cspNonce
 *   return reply.type('text/html').send(`<script nonce="${script}">start()</script>`)
 * })
 */
interface CspNonce {
    script: string;
    style: string;
}

/**
 * The name of a set of defaults. `'auto'` is `'html'` for pages and `'api'` for all else.
 *
 * @example
 * const profile: Profile = 'html'
 * await app.register(headers, { profile })
 */
type Profile = 'auto' | 'api' | 'html' | 'helmet';

/**
 * The route option `helmet`. It fits the one that `@fastify/helmet` declares.
 *
 * @example
 * const helmet: HelmetRouteOption = { frameguard: false }
 * app.get('/widget', { helmet }, async () => 'may be framed')
 */
type HelmetRouteOption = (Omit<HelmetHeaders, 'contentSecurityPolicy'> & Omit<RouteHeadersOptions, 'enableCSPNonces'> & {
    contentSecurityPolicy?: PolicyOptions<PolicyValues> | boolean;
    enableCSPNonces?: boolean;
    skipRoute?: boolean;
}) | false;
/**
 * Options of the headers of one route, beside helmet's.
 *
 * @example
 * const options: RouteHeadersOptions = { profile: 'api', cacheControl: 'public, max-age=300' }
 * await app.register(headers, options)
 */
interface RouteHeadersOptions {
    /**
     * The defaults under helmet's options. `'auto'`: `'html'` for pages and scripts, by the content type of each response,
     * and `'api'` for all others. `'api'`: nothing may be loaded or framed, nothing is cached. `'html'`: resources of the
     * same origin only, no inline code. `'helmet'`: exactly the headers of `@fastify/helmet`.
     *
     * @defaultValue 'auto'
     */
    profile?: Profile | undefined;
    /**
     * Adds a nonce per request to `script-src` and `style-src` of the policy: `reply.cspNonce.script` and `.style`.
     *
     * @defaultValue false
     */
    enableCSPNonces?: boolean | undefined;
    /**
     * The `Permissions-Policy` header. `false` leaves it out.
     *
     * @defaultValue the profile's: no access to camera, microphone, location and the like in `'api'` and `'html'`
     */
    permissionsPolicy?: string | false | undefined;
    /**
     * The `Cache-Control` header of routes that set none. `false` leaves it out.
     *
     * @defaultValue the profile's: `'no-store'` in `'api'`
     */
    cacheControl?: string | false | undefined;
    /**
     * Whether browsers enforce the headers. `'observe'` sends the policy as `Content-Security-Policy-Report-Only`, and of
     * the profile's other headers only those that break no page: no HSTS, framing, cross-origin or cache rules.
     *
     * @defaultValue 'enforce'
     */
    mode?: Mode | undefined;
}
/** Options of `headers` beside helmet's. */
interface OwnHeadersOptions extends RouteHeadersOptions {
    /**
     * Whether every response carries the headers. `false`: only those of routes with `config.headers`.
     *
     * @defaultValue true
     */
    global?: boolean | undefined;
}
/**
 * Options of `headers`: all of helmet's, and those of this package.
 *
 * @example
 * const options: HeadersOptions = { profile: 'html', enableCSPNonces: true }
 * await app.register(headers, options)
 */
type HeadersOptions = OwnHeadersOptions & HelmetHeaders;

interface HeadersReply {
    /** The request's nonces, if `enableCSPNonces` is on. */
    cspNonce: Overridable<this, CspNonce>;
    /** Sets helmet's headers, with these options on top of the plugin's. */
    helmet: Overridable<this, (options?: HelmetHeaders) => void>;
}
declare module 'fastify' {
    interface FastifyReply extends HeadersReply {
    }
}
/**
 * Security headers on every response, computed once.
 *
 * @example
 * await app.register(headers, { profile: 'html' })
 * app.get('/widget', { config: { headers: { frameguard: false } } }, async () => 'may be framed')
 */
declare const headers: FastifyPluginAsync<HeadersOptions>;

/**
 * A route's headers: options on top of the plugin's, or `false` for none. In the route's `config.headers`;
 * `config.helmet` and the route option `helmet` of `@fastify/helmet` are read too.
 *
 * @example
 * const framed: RouteHeaders = { frameguard: false }
 * app.get('/widget', { config: { headers: framed } }, async () => 'may be framed')
 */
type RouteHeaders = AtLeastOne<RouteHeadersOptions & HelmetHeaders> | NoOptions | false;
/**
 * {@link RouteHeaders} under the name of `@fastify/helmet`, whose older releases had `skipRoute: true` for `false`.
 *
 * @example
 * const helmet: RouteHelmet = { frameguard: false }
 * app.get('/widget', { config: { helmet } }, async () => 'may be framed')
 */
type RouteHelmet = AtLeastOne<RouteHeadersOptions & HelmetHeaders & {
    skipRoute?: boolean;
}> | NoOptions | false;
interface HeadersConfig {
    /** The route's headers: options on top of the plugin's, or `false` for none. */
    headers?: Overridable<this, RouteHeaders>;
    /** The same as `headers`, under the name of `@fastify/helmet`. */
    helmet?: Overridable<this, RouteHelmet>;
}
declare module 'fastify' {
    interface FastifyContextConfig extends HeadersConfig {
    }
    interface RouteShorthandOptions {
        /** The route's headers, as in `config.headers`: the option of `@fastify/helmet`. */
        helmet?: Overridable<this, HelmetRouteOption>;
    }
    interface RouteOptions {
        /** The route's headers, as in `config.headers`: the option of `@fastify/helmet`. */
        helmet?: Overridable<this, HelmetRouteOption>;
    }
}

/**
 * Whether the `X-Forwarded-*` headers of a peer or proxy are trusted, as Fastify's constructor takes it.
 *
 * @example
 * const trusts: TrustsProxy = (address) => address === '10.0.0.1'
 * const app = Fastify({ trustProxy: trusts })
 */
type TrustsProxy = (address: string, hop: number) => boolean;

/**
 * Options that only Fastify's constructor can apply. The plugin takes the same, to check that they are applied.
 *
 * @example
 * const options: SecurityServerOptions = { trustProxy: ['10.0.0.0/8'], bodyLimit: 4_194_304 }
 * const app = Fastify(securityServerOptions(options))
 */
interface SecurityServerOptions {
    /**
     * The proxies in front of the service: addresses, CIDR ranges, and the names `loopback`, `linklocal`, `uniquelocal`;
     * a list, or a text with commas. Only their `X-Forwarded-For`, `-Host` and `-Proto` are trusted. `true` and hop
     * counts are rejected: they let clients choose their address.
     *
     * @defaultValue false
     * @throws RangeError for `true`, a number, an entry that is no address, and a range of all addresses.
     */
    trustProxy?: readonly string[] | string | false | undefined;
    /**
     * The largest body, in bytes, at least 1, unless a route sets its own. A larger one is answered with 413.
     *
     * @defaultValue 1048576
     */
    bodyLimit?: number | undefined;
    /**
     * Milliseconds for a whole request to arrive, 1 to 2147483647. A slower one is answered with 408. Fastify's own
     * default is no limit.
     *
     * @defaultValue 60000
     */
    requestTimeout?: number | undefined;
    /**
     * Milliseconds for a request's headers to arrive, from 1 to `requestTimeout`. Slower ones are answered with 408.
     *
     * @defaultValue 15000, or `requestTimeout` if that is less
     */
    headersTimeout?: number | undefined;
    /**
     * Characters of one parameter of a path, at least 1. A longer one is answered with 414.
     *
     * @defaultValue 100
     */
    maxParamLength?: number | undefined;
    /**
     * Further options of Node's HTTP server: `maxHeaderSize`, `connectionsCheckingInterval`, … They override the others.
     *
     * @defaultValue `{}`
     */
    http?: Record<string, unknown> | undefined;
}
/**
 * The options for Fastify's constructor: `Fastify({ …, ...settings })`.
 *
 * @example
 * const settings: SecurityServerSettings = securityServerOptions()
 * const app = Fastify(settings)
 */
interface SecurityServerSettings {
    /** Whether the `X-Forwarded-*` headers of a proxy are trusted. */
    trustProxy: TrustsProxy | false;
    /** The largest body, in bytes, at least 1. */
    bodyLimit: number;
    /** Milliseconds for a whole request to arrive, at least 1. */
    requestTimeout: number;
    /** Options of the router: characters of one parameter of a path, at least 1. */
    routerOptions: {
        maxParamLength: number;
    };
    /** Options of Node's HTTP server. */
    http: Record<string, unknown>;
    /** A body with `__proto__` is rejected. */
    onProtoPoisoning: 'error';
    /** A body with `constructor.prototype` is rejected. */
    onConstructorPoisoning: 'error';
    /** Responds to requests that Fastify rejects before any hook. */
    frameworkErrors: EarlyRejectionOptions['frameworkErrors'];
    /** Responds to bytes that are not a valid request. */
    clientErrorHandler: EarlyRejectionOptions['clientErrorHandler'];
}
/**
 * The options of Fastify's constructor: trusted proxies, limits on size and time, and handlers for requests that
 * Fastify rejects before any hook. Other members of the plugin's options are ignored, so one object serves both.
 *
 * @example
 * const options = { trustProxy: ['10.0.0.0/8'] }
 * const app = Fastify(securityServerOptions(options))
 * await app.register(security, options)
 * @throws RangeError with the code `INVALID_OPTION` for an invalid option.
 */
declare function securityServerOptions(options?: SecurityServerOptions): SecurityServerSettings;

/**
 * An input of a request.
 *
 * @example
 * const boundaries: readonly Boundary[] = ['body', 'params', 'querystring']
 * await app.register(validation, { boundaries })
 */
type Boundary = 'body' | 'params' | 'querystring' | 'headers';
/**
 * Options of `validation`.
 *
 * @example
 * const options: ValidationOptions = { onMissingSchema: 'error', maxDepth: 16 }
 * await app.register(validation, options)
 */
interface ValidationOptions {
    /**
     * Whether requests are rejected. With `'observe'` they are validated as Fastify does without the plugin, and those that
     * `'enforce'` would also reject are logged, without their values. Unsafe patterns and missing schemas are warnings
     * then.
     *
     * @defaultValue 'enforce'
     */
    mode?: Mode | undefined;
    /**
     * Levels of nesting of a body, 1 to 1000. A deeper one is answered with 400.
     *
     * @defaultValue 64
     */
    maxDepth?: number | undefined;
    /**
     * Keys and array items of a body, and parameters of a query, at least 1. More are answered with 413.
     *
     * @defaultValue 10000
     */
    maxKeys?: number | undefined;
    /**
     * Whether a route that accepts input without a schema is reported by one warning at the start, stops the start, or
     * is ignored.
     *
     * @defaultValue 'warn'
     * @throws Error when the app becomes ready, with `'error'`, naming the routes.
     */
    onMissingSchema?: 'warn' | 'error' | 'ignore' | undefined;
    /**
     * The inputs that need a schema. `querystring` and `headers` concern every route, as any request may carry them: add
     * them where each route declares its input.
     *
     * @defaultValue ['body', 'params']
     */
    boundaries?: readonly Boundary[] | undefined;
    /**
     * Whether a pattern in a schema that a client can make run for seconds stops the start, is a warning, or is ignored:
     * of a route, of the shared schemas that it refers to, and of formats that the app has added. A route can decide
     * otherwise: `config: { validation: { unsafePatterns: 'warn' } }`.
     *
     * @defaultValue 'error'; 'warn' with `mode: 'observe'`
     * @throws Error when the route is added or the app becomes ready, with `'error'`, naming the pattern.
     */
    unsafePatterns?: UnsafePatterns | undefined;
    /**
     * Whether types in a JSON body are coerced (`"1"` becomes `1`). Forms, query, parameters and headers are text and are
     * always coerced.
     *
     * @defaultValue false, unless `ajv.customOptions.coerceTypes` of the constructor says otherwise
     */
    coerce?: boolean | undefined;
    /**
     * Whether fields that `additionalProperties: false` excludes are rejected or removed.
     *
     * @defaultValue 'reject', unless `ajv.customOptions.removeAdditional` of the constructor says otherwise
     */
    additional?: 'reject' | 'remove' | undefined;
}
/**
 * The treatment of a pattern that a client can make run for seconds.
 *
 * @example
 * const unsafePatterns: UnsafePatterns = 'warn'
 * await app.register(validation, { unsafePatterns })
 */
type UnsafePatterns = 'error' | 'warn' | 'ignore';
/**
 * Options of `config.validation` of a route, in place of the plugin's.
 *
 * @example
 * const options: RouteValidationOptions = { unsafePatterns: 'warn' }
 * console.log(options)
 */
interface RouteValidationOptions {
    /**
     * Whether an unsafe pattern in the route's schema stops the start, is a warning, or is ignored.
     *
     * @defaultValue none: the plugin's applies
     */
    unsafePatterns?: UnsafePatterns | undefined;
}
/**
 * A route's `config.validation`.
 *
 * @example
 * const validation: RouteValidation = { unsafePatterns: 'warn' }
 * app.post('/search', { config: { validation } }, async () => [])
 */
type RouteValidation = AtLeastOne<RouteValidationOptions> | NoOptions;
interface ValidationConfig {
    /** The route's validation, on top of the plugin's. */
    validation?: Overridable<this, RouteValidation>;
}
declare module 'fastify' {
    interface FastifyContextConfig extends ValidationConfig {
    }
}

/**
 * Options of the security plugin. The members of `SecurityServerOptions` are only checked here: Fastify's constructor
 * applies them.
 *
 * @example
 * const options: SecurityOptions = { cors: { origin: ['https://app.example.com'] }, rateLimit: { max: 300 } }
 * const app = Fastify(securityServerOptions(options))
 * await app.register(security, options)
 */
interface SecurityOptions extends SecurityServerOptions {
    /**
     * Whether headers, rate limits and validation take effect, or only report what they would reject: `'observe'` lets all
     * requests pass and logs those that `'enforce'` would not, for an app that is being converted. The `mode` of a part
     * overrides it. CORS has no mode, as it is off unless it is configured.
     *
     * @defaultValue 'enforce'
     */
    mode?: Mode | undefined;
    /**
     * Security headers on every response. `false` turns them off.
     *
     * @defaultValue `{}`
     */
    headers?: HeadersOptions | false | undefined;
    /**
     * Cross-origin resource sharing. Without it, no other origin may read responses.
     *
     * @defaultValue false
     */
    cors?: CorsOptions | false | undefined;
    /**
     * Rate limits. `false` turns them off.
     *
     * @defaultValue `{}`
     */
    rateLimit?: RateLimitOptions | false | undefined;
    /**
     * How many requests of one user, address or tenant run at the same time.
     *
     * @defaultValue false
     */
    concurrency?: ConcurrencyOptions | false | undefined;
    /**
     * Request validation. `false` turns it off.
     *
     * @defaultValue `{}`
     */
    validation?: ValidationOptions | false | undefined;
}

/**
 * Headers, CORS, rate limits and validation together. Each is also a plugin of its own.
 *
 * @example
 * const app = Fastify(securityServerOptions())
 * await app.register(security, { rateLimit: { max: 300, timeWindow: '1 minute' } })
 */
declare const security: FastifyPluginAsync<SecurityOptions>;

/**
 * The result of a limit of `createRateLimit` for a request.
 *
 * @example
 * const check = app.createRateLimit({ max: 5, timeWindow: '1 minute' })
 * app.get('/left', async (request) => {
 *   const result: RateLimitResult = await check(request, { increment: false })
 *   return result.isAllowed ? 'allowed' : `${result.remaining} left, ${result.ttlInSeconds} s`
 * })
 */
type RateLimitResult = {
    isAllowed: true;
    key: string;
} | {
    isAllowed: false;
    key: string;
    max: number;
    timeWindow: number;
    remaining: number;
    ttl: number;
    ttlInSeconds: number;
    isExceeded: boolean;
    isBanned: boolean;
};
/**
 * Creates a hook with a limit of its own. It fits routes of every generic.
 *
 * @example
 * const limited = app.rateLimit({ max: 5, timeWindow: '1 minute' })
 * app.post('/login', { preHandler: limited }, async () => ({ ok: true }))
 */
type MakeRateLimit = (options?: LimitOptions) => (request: FastifyRequest, reply: FastifyReply) => Promise<void>;
/**
 * Creates a limit to evaluate by hand. `increment: false` counts nothing.
 *
 * @example
 * const check = app.createRateLimit({ max: 5, timeWindow: '1 minute' })
 * app.post('/login', async (request) => ({ allowed: (await check(request)).isAllowed }))
 */
type MakeRateLimitCheck = (options?: LimitOptions) => (request: FastifyRequest, options?: {
    increment?: boolean;
}) => Promise<RateLimitResult>;
interface RateLimitDecorators {
    /** Creates a hook with a limit of its own, for `preHandler` and other hooks. */
    rateLimit: Overridable<this, MakeRateLimit>;
    /** Creates a limit to evaluate by hand. `isAllowed`: the request is not limited at all; else read `isExceeded`. */
    createRateLimit: Overridable<this, MakeRateLimitCheck>;
}
declare module 'fastify' {
    interface FastifyInstance extends RateLimitDecorators {
    }
}

/**
 * A request over its limit: 429, or 403 for a banned client.
 *
 * @example
 * app.setErrorHandler((error, _request, reply) => {
 *   if (error instanceof RateLimitError) return reply.code(429).send({ wait: error.ttl })
 *   throw error
 * })
 */
declare class RateLimitError extends SecurityError {
    /** Milliseconds until a request would pass. */
    readonly ttl: number;
    constructor(ttl: number, ban?: boolean, retryAfter?: boolean);
}
/**
 * The shared store does not answer, and a limit has the policy `closed`: 503.
 *
 * @example
 * const isOutage = (error: unknown) => error instanceof RateLimitStoreError
 * app.addHook('onError', async (_request, _reply, error) => isOutage(error) || app.log.error(error))
 */
declare class RateLimitStoreError extends SecurityError {
    constructor(cause: Error);
}

/**
 * Limits requests: by address before authentication, by user after it, alone or together with other processes.
 *
 * @example
 * await app.register(rateLimit, { max: 300, timeWindow: '1 minute' })
 * app.post('/login', { config: { rateLimit: { max: 5 } } }, async () => ({ ok: true }))
 */
declare const rateLimit: FastifyPluginAsync<RateLimitOptions>;

/**
 * A route that accepts input without a schema.
 *
 * @example
 * const open: readonly OpenBoundary[] = app.security.boundaries?.() ?? []
 * console.log(open.map(({ method, url, missing }) => `${method} ${url}: no schema for ${missing.join(', ')}`))
 */
interface OpenBoundary {
    method: string;
    url: string;
    /** The inputs without a schema: `body`, `params`, `querystring`, `headers`. */
    missing: readonly string[];
}
/**
 * One limit in force.
 *
 * @example
 * const limits: readonly LimitInfo[] = app.security.limits?.() ?? []
 * console.log(limits.map(({ name, max }) => `${name}: ${max}`))
 */
interface LimitInfo {
    name: string;
    /** Whether requests are counted by address or by user. */
    by: 'ip' | 'user';
    /** Requests within the window. `undefined` if a function decides per request. */
    max: number | undefined;
    /** The window in milliseconds. `undefined` if a function decides per request. */
    timeWindow: number | undefined;
    /** The hook in which the limit is evaluated; `user`: as soon as the user is authenticated. */
    stage: string;
    /** Whether the limit only counts and rejects nothing. */
    observe: boolean;
}
/**
 * The settings in force, of `app.security`. The member of a plugin that is not registered is absent.
 *
 * @example
 * const { trustProxy, store }: SecurityStatus = app.security
 * console.log(trustProxy, store?.().up)
 */
interface SecurityStatus {
    /** The headers that every response carries. */
    headers?: Readonly<Record<string, string>>;
    /** The limits, by name. */
    limits?: () => LimitInfo[];
    /** The store of the counts, and whether it answers. Of several registrations: whether all do. */
    store?: () => {
        kind: 'memory' | 'redis' | 'custom';
        up: boolean;
        keys: number;
    };
    /** The routes that accept input without a schema. Complete once the app is ready. */
    boundaries?: () => OpenBoundary[];
    /** The proxies whose `X-Forwarded-*` headers are trusted. */
    trustProxy?: readonly string[] | false;
}
interface SecurityDecorators {
    /** The security settings in force. */
    security: Overridable<this, SecurityStatus>;
}
declare module 'fastify' {
    interface FastifyInstance extends SecurityDecorators {
    }
}

/**
 * Request validation: strict bodies, safe patterns, bounded depth and size, and a list of routes without schemas.
 *
 * @example
 * await app.register(validation, { onMissingSchema: 'error' })
 * const querystring = { type: 'object', properties: { page: { type: 'integer' } }, additionalProperties: false }
 * app.get('/orders', { schema: { querystring } }, async ({ query }) => query)
 */
declare const validation: FastifyPluginAsync<ValidationOptions>;

export { ConcurrencyLimitError, RateLimitError, RateLimitStoreError, SecurityError, concurrencyLimit, cors, security as default, headers, clientNetwork as normalizeIP, rateLimit, security, securityServerOptions, validation };
export type { Boundary, ConcurrencyLimitOptions, ConcurrencyOptions, CorsDelegator, CorsHook, CorsOptions, CspNonce, HeadersOptions, HelmetHeaders, HelmetRouteOption, LimitInfo, LimitOptions, MakeRateLimit, MakeRateLimitCheck, Mode, NodeRedisClient, OpenBoundary, OriginFunction, OriginList, OriginRule, Profile, RateLimitContext, RateLimitHeader, RateLimitHook, RateLimitOptions, RateLimitResult, RateLimitStore, RateLimitStoreClass, RedisClient, RedisConnection, RouteConcurrency, RouteCors, RouteHeaders, RouteHeadersOptions, RouteHelmet, RouteLimitOptions, RouteRateLimit, RouteValidation, RouteValidationOptions, SecurityErrorCode, SecurityErrorOptions, SecurityOptions, SecurityServerOptions, SecurityServerSettings, SecurityStatus, StoreCallback, StoreErrorPolicy, TrustsProxy, UnsafePatterns, UpstashClient, ValidationOptions };
