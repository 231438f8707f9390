// @seaworthy/security: index
import { FastifyError, FastifyInstance, FastifyRequest, LogLevel, FastifyPluginAsync, FastifyReply } from 'fastify';
import { HelmetOptions } from 'helmet';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';

/** Marks an error as made for clients. Copies of a package meet, because the symbol is registered globally. */
declare const clientErrorBrand: unique symbol;

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

/** The two constructor options that let refusals be seen. `object`: requests of HTTP/1, HTTPS and HTTP/2 alike. */
interface RefusalOptions {
    frameworkErrors: (error: FastifyError, request: object, reply: object) => void;
    clientErrorHandler: (this: FastifyInstance, error: Error & {
        code?: string;
    }, socket: Socket) => void;
}

/** An error whose status, code, message and headers may go to the client. */
declare class SecurityError extends Error {
    readonly name: string;
    readonly [clientErrorBrand]: true;
    readonly code: string;
    readonly statusCode: number;
    readonly headers: Readonly<Record<string, string>> | undefined;
    readonly expose = true;
    constructor(message: string, { code, statusCode, headers }: {
        code: string;
        statusCode: number;
        headers?: Record<string, string>;
    }, options?: ErrorOptions);
}

/** One origin, or a pattern of them, anchored and with its dots escaped: `/^https:\/\/[a-z]+\.example\.com$/`. */
type OriginRule = string | RegExp;
/** Origins and patterns, also in lists of their own. A boolean in a list is refused at the start. */
type OriginList = readonly (OriginRule | boolean | OriginList)[];
/** Decides about an origin, in the callback style or as a promise. An error is a no. */
type OriginFunction = (origin: string | undefined, callback: (error: Error | null, allow?: unknown) => void) => unknown;
/** Gives the options for a request, in the callback style or as a promise. */
type CorsDelegator = (request: FastifyRequest, callback: (error: Error | null, options?: CorsOptions) => void) => Promise<CorsOptions> | void;
/** Where in a request's way the headers are set. */
type CorsHook = 'onRequest' | 'preParsing' | 'preValidation' | 'preHandler' | 'preSerialization';
/** What a route says in `config.cors`. */
type RouteCors = AtLeastOne<Omit<CorsOptions, 'delegator' | 'hook' | 'hideOptionsRoute' | 'logLevel'>> | false;
/** Options of `cors`: all of @fastify/cors', checked. Without `origin` no other origin may read anything. */
interface CorsOptions {
    /**
     * Who may read answers: origins, anchored patterns, a function. `true` is everybody, by their own name; `'*'` is
     * everybody, and excludes `credentials`, as `'null'` does. `false` is nobody but the service's own pages.
     *
     * @defaultValue false
     * @throws RangeError for a pattern that lets strangers in, and for everybody together with `credentials`.
     */
    origin?: boolean | OriginRule | OriginList | OriginFunction | undefined;
    /**
     * Gives the options per request, as `@fastify/cors` has it: `(request, callback)` or a promise.
     *
     * @defaultValue none
     */
    delegator?: CorsDelegator | undefined;
    /**
     * Where in a request's way the headers are set.
     *
     * @defaultValue 'onRequest'
     */
    hook?: CorsHook | undefined;
    /**
     * Whether other origins may send cookies and other credentials, and read the answers.
     *
     * @defaultValue false
     */
    credentials?: boolean | undefined;
    /**
     * The headers of an answer that other origins may read.
     *
     * @defaultValue none but those that browsers always show
     */
    exposedHeaders?: string | string[] | undefined;
    /**
     * The headers that a request may have.
     *
     * @defaultValue those that the preflight asks for
     */
    allowedHeaders?: string | string[] | undefined;
    /**
     * The methods that a request may have.
     *
     * @defaultValue ['GET', 'HEAD', 'PUT', 'PATCH', 'POST', 'DELETE']
     */
    methods?: string | string[] | undefined;
    /**
     * How long browsers keep the answer to a preflight, in seconds.
     *
     * @defaultValue the browser's own
     */
    maxAge?: number | undefined;
    /**
     * The `Cache-Control` of the answer to a preflight: seconds, or the whole header.
     *
     * @defaultValue none
     */
    cacheControl?: number | string | undefined;
    /**
     * Hands preflights on to the route.
     *
     * @defaultValue false
     */
    preflightContinue?: boolean | undefined;
    /**
     * The status of an answer to a preflight.
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
     * Whether a preflight without the headers that it must have is answered with 400.
     *
     * @defaultValue true
     */
    strictPreflight?: boolean | undefined;
    /**
     * Leaves the route for preflights out of the documents that `@fastify/swagger` makes.
     *
     * @defaultValue true
     */
    hideOptionsRoute?: boolean | undefined;
    /**
     * The level at which preflights are logged.
     *
     * @defaultValue the app's
     */
    logLevel?: LogLevel;
}

interface CorsConfig {
    /** The route's own CORS options, laid over the plugin's; `false` for none. */
    cors?: Overridable<this, RouteCors>;
}
declare module 'fastify' {
    interface FastifyContextConfig extends CorsConfig {
    }
}
/** Who may read answers from another origin: @fastify/cors, with what is unsafe refused at the start. */
declare const cors: FastifyPluginAsync<CorsOptions>;

/** A boundary that no schema guards. */
interface OpenBoundary {
    method: string;
    url: string;
    /** What comes in unchecked: `body`, `params`, `querystring`, `headers`. */
    missing: readonly string[];
}
/** One limit as it applies: what a route's requests are counted against. */
interface LimitInfo {
    name: string;
    by: 'ip' | 'user';
    /** `undefined` where a function decides per request. */
    max: number | undefined;
    /** Milliseconds; `undefined` where a function decides per request. */
    timeWindow: number | undefined;
    stage: string;
    observe: boolean;
}
/** What the parts of this package tell about themselves. A part that is off leaves its member out. */
interface SecurityStatus {
    /** The headers that every answer carries. */
    headers?: Readonly<Record<string, string>>;
    /** The limits, by name. */
    limits?: () => LimitInfo[];
    /** Where the counts are, and whether the store answers. */
    store?: () => {
        kind: 'memory' | 'redis';
        up: boolean;
        keys: number;
    };
    /** The boundaries without a schema. Complete once the app is ready. */
    boundaries?: () => OpenBoundary[];
    /** Whose `X-Forwarded-*` headers count. */
    trustProxy?: readonly string[] | false;
}
interface SecurityDecorators {
    /** What the security plugins do here. */
    security: Overridable<this, SecurityStatus>;
}
declare module 'fastify' {
    interface FastifyInstance extends SecurityDecorators {
    }
}

type Profile = 'api' | 'html' | 'helmet';

/** The values of one directive; those that are functions are asked for each request. */
type PolicyValues = Iterable<string | ((request: IncomingMessage, response: ServerResponse) => string)>;
/** A policy: `null` leaves a directive out. */
type PolicyOptions<Values> = {
    reportOnly?: boolean;
} & ({
    useDefaults?: true;
    directives?: Record<string, Values | null>;
} | {
    useDefaults: false;
    directives: Record<string, Values | null>;
});
/**
 * All of helmet's options. Helmet's own type is a union of the 256 ways to choose between its older and newer names;
 * laid over another of its kind, it would keep a compiler busy for half a minute. Its symbol for a policy without
 * `default-src` is another one in each copy of helmet's declarations, so that any symbol has to do.
 */
type HelmetHeaders = Omit<HelmetOptions, 'contentSecurityPolicy'> & {
    contentSecurityPolicy?: PolicyOptions<PolicyValues | symbol> | boolean;
};
/** What a route says in its option `helmet`. It fits the one that `@fastify/helmet` declares. */
type HelmetRouteOption = (Omit<HelmetOptions, 'contentSecurityPolicy'> & Omit<RouteHeadersOptions, 'enableCSPNonces'> & {
    contentSecurityPolicy?: PolicyOptions<PolicyValues> | boolean;
    enableCSPNonces?: boolean;
    skipRoute?: boolean;
}) | false;
/** What a route may say about its headers: any of helmet's options, nonces, a profile, own headers. */
interface RouteHeadersOptions {
    /**
     * The defaults that helmet's options are laid over. `'api'`: nothing may be loaded or framed, nothing cached.
     * `'html'`: own resources only, no inline code. `'helmet'`: exactly what `@fastify/helmet` sends.
     *
     * @defaultValue 'api'
     */
    profile?: Profile | undefined;
    /**
     * Adds a nonce per request to the `script-src` and `style-src` of the policy: `reply.cspNonce.script` and `.style`.
     *
     * @defaultValue false
     */
    enableCSPNonces?: boolean | undefined;
    /**
     * The `Permissions-Policy` header. `false` leaves it out.
     *
     * @defaultValue of the profile
     */
    permissionsPolicy?: string | false | undefined;
    /**
     * The `Cache-Control` header where a route sets none. `false` leaves it out.
     *
     * @defaultValue 'no-store' in the profile `'api'`
     */
    cacheControl?: string | false | undefined;
}
/** What is ours among the options of `headers`. Every one may be left out. */
interface OwnHeadersOptions extends RouteHeadersOptions {
    /**
     * Whether every answer carries the headers. `false`: only routes that ask with `helmet: { … }`.
     *
     * @defaultValue true
     */
    global?: boolean | undefined;
}
/** Options of `headers`: all of helmet's, and ours. */
type HeadersOptions = OwnHeadersOptions & HelmetHeaders;

/** The nonces of one request. */
interface CspNonce {
    script: string;
    style: string;
}

/**
 * A route's own headers: options laid over the plugin's, or `false` for none. In the route's `config.headers`;
 * `config.helmet` and the route option `helmet` of `@fastify/helmet` are read too.
 */
type RouteHeaders = AtLeastOne<RouteHeadersOptions & HelmetHeaders> | AsTheApp | false;
/** An empty object: the app's headers, on a route that asks for them. */
type AsTheApp = Record<string, never>;
/** {@link RouteHeaders} under `@fastify/helmet`'s name; `skipRoute: true` is what its older releases had for `false`. */
type RouteHelmet = AtLeastOne<RouteHeadersOptions & HelmetHeaders & {
    skipRoute?: boolean;
}> | AsTheApp | false;
interface HeadersReply {
    /** The request's nonces, where `enableCSPNonces` is on. */
    cspNonce: Overridable<this, CspNonce>;
    /** Writes helmet's headers with these options laid over the plugin's. */
    helmet: Overridable<this, (options?: HelmetHeaders) => void>;
}
interface HeadersConfig {
    /** The route's own headers: options laid over the plugin's, or `false` for none. */
    headers?: Overridable<this, RouteHeaders>;
    /** The same as `headers`, under `@fastify/helmet`'s name. */
    helmet?: Overridable<this, RouteHelmet>;
}
declare module 'fastify' {
    interface FastifyReply extends HeadersReply {
    }
    interface FastifyContextConfig extends HeadersConfig {
    }
    interface RouteShorthandOptions {
        /** The route's own headers, as `config.headers` has them: the option of `@fastify/helmet`. */
        helmet?: Overridable<this, HelmetRouteOption>;
    }
    interface RouteOptions {
        /** The route's own headers, as `config.headers` has them: the option of `@fastify/helmet`. */
        helmet?: Overridable<this, HelmetRouteOption>;
    }
}
/** Security headers on every answer, computed once. */
declare const headers: FastifyPluginAsync<HeadersOptions>;

/** What the store needs of a client: ioredis has it, alone and as a cluster. */
interface RedisClient {
    readonly status?: string;
    eval(script: string, keys: number, ...args: (string | number)[]): Promise<unknown>;
    evalsha(sha: string, keys: number, ...args: (string | number)[]): Promise<unknown>;
    ping(): Promise<unknown>;
}
/** Where Redis is: options of ioredis' `Redis`, all of them. */
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

/** What happens to requests while the shared store does not answer. */
type StoreErrorPolicy = 'local' | 'open' | 'closed';
/** Where in a request's way a limit is asked. */
type RateLimitHook = 'onRequest' | 'preParsing' | 'preValidation' | 'preHandler';
/** What a refusal is about. */
interface RateLimitContext {
    statusCode: number;
    /** Whether the client has been refused so often that it is banned: 403. */
    ban: boolean;
    max: number;
    /** Milliseconds until a request would pass. */
    ttl: number;
    /** `ttl` in words: `1 minute`. */
    after: string;
}
/** One limit: of the app, of a route, or of a hook. */
interface LimitOptions {
    /**
     * Requests within the window, or a function that gives them.
     *
     * @defaultValue 100
     */
    max?: number | ((request: FastifyRequest, key: string) => number | Promise<number>) | undefined;
    /**
     * The window: milliseconds, or a text such as `'1 minute'`, or a function. It slides: in no stretch of this length
     * do more than `max` requests pass.
     *
     * @defaultValue '1 minute'
     */
    timeWindow?: number | string | ((request: FastifyRequest, key: string) => number | Promise<number>) | undefined;
    /**
     * Whose requests are counted together: the address's, or the user's once authentication has run.
     *
     * @defaultValue 'ip'
     */
    by?: 'ip' | 'user' | undefined;
    /**
     * Gives the key instead. `undefined` leaves the request uncounted, unless it has no address either (a Unix socket, a
     * reset connection): those count together. Take addresses through `normalizeIP`.
     *
     * @defaultValue the address, IPv6 by its /64; with `by: 'user'` `request.user.id` or `.sub`
     */
    keyGenerator?: ((request: FastifyRequest) => string | number | undefined | Promise<string | number | undefined>) | undefined;
    /**
     * What one request counts, or a function that gives it.
     *
     * @defaultValue 1
     */
    cost?: number | ((request: FastifyRequest) => number) | undefined;
    /**
     * Counts only answers with these status codes: failed logins, rejected tokens. A request is counted when it comes
     * and given back when it succeeds, so many at once cannot slip through.
     *
     * @defaultValue none: every request counts
     */
    failuresOnly?: readonly number[] | undefined;
    /**
     * Only watches: headers and metrics as ever, but nothing is refused.
     *
     * @defaultValue false
     */
    observe?: boolean | undefined;
    /**
     * While Redis does not answer: `'local'` counts in this process, `'open'` lets everything through, `'closed'`
     * answers 503.
     *
     * @defaultValue 'local'
     */
    onStoreError?: StoreErrorPolicy | undefined;
    /**
     * The switch of `@fastify/rate-limit`: `true` is `onStoreError: 'local'` (requests pass, and are counted), `false` `'closed'`.
     *
     * @defaultValue none
     */
    skipOnError?: boolean | undefined;
    /**
     * Addresses and CIDR ranges that are not limited, compared with the address (never with the key), or a function.
     *
     * @defaultValue []
     */
    allowList?: readonly string[] | ((request: FastifyRequest, key: string) => boolean | Promise<boolean>) | undefined;
    /**
     * When it is asked. `'onRequest'` is before any authentication; limits by user come after it by themselves.
     *
     * @defaultValue 'onRequest'
     */
    hook?: RateLimitHook | undefined;
    /**
     * Counts routes of the same group together.
     *
     * @defaultValue none: each route alone, GET and HEAD together
     */
    groupId?: string | undefined;
    /**
     * The name in metrics and in the `RateLimit` headers.
     *
     * @defaultValue 'ip', 'user' or the route
     */
    name?: string | undefined;
    /**
     * Refusals in a row after which the answer becomes 403. `-1` is never.
     *
     * @defaultValue -1
     */
    ban?: number | undefined;
    /**
     * Counts refused requests too: who goes on asking stays out.
     *
     * @defaultValue false
     */
    continueExceeding?: boolean | undefined;
    /**
     * Bits of an IPv6 address that count.
     *
     * @defaultValue 64
     */
    ipv6Subnet?: number | undefined;
    /**
     * Called when a request was let through.
     *
     * @defaultValue none
     */
    onExceeding?: ((request: FastifyRequest, key: string) => void) | undefined;
    /**
     * Called when a request was refused.
     *
     * @defaultValue none
     */
    onExceeded?: ((request: FastifyRequest, key: string) => void) | undefined;
    /**
     * Called when a client is banned.
     *
     * @defaultValue none
     */
    onBanReach?: ((request: FastifyRequest, key: string) => void) | undefined;
    /**
     * Gives the error, or the body, of a refusal. The status is 429 (403 when banned) unless it names another.
     *
     * @defaultValue an error with code RATE_LIMITED
     */
    errorResponseBuilder?: ((request: FastifyRequest, context: RateLimitContext) => object) | undefined;
}
/** A route's limit instead of the app's limit per address, or several; beside them its own user and failure limits. */
interface RouteLimitOptions extends LimitOptions {
    /**
     * The route's limit per user; `false` for none.
     *
     * @defaultValue the app's
     */
    user?: LimitOptions | false | undefined;
    /**
     * The route's limit on failures; `false` for none.
     *
     * @defaultValue the app's
     */
    failures?: LimitOptions | false | undefined;
}
/** What a route says in `config.rateLimit`: a limit, several at once, or `false`. */
type RouteRateLimit = AtLeastOne<RouteLimitOptions> | readonly AtLeastOne<LimitOptions>[] | false;
/** Options of `rateLimit`: the limit per address, and what belongs to all limits. Every one may be left out. */
interface RateLimitOptions extends LimitOptions {
    /**
     * Whether routes without `config.rateLimit`, and unknown routes, are limited.
     *
     * @defaultValue true
     */
    global?: boolean | undefined;
    /**
     * A second limit per user, asked after authentication: `{ max, timeWindow, keyGenerator }`.
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
     * Where processes count together: a client of ioredis, or options for one (install `ioredis`). Redis 6 or Valkey.
     *
     * @defaultValue none: each process counts alone
     */
    redis?: RedisClient | RedisConnection | undefined;
    /**
     * In front of every key in Redis.
     *
     * @defaultValue 'seaworthy-rate-limit:'
     */
    nameSpace?: string | undefined;
    /**
     * Milliseconds that a request waits for Redis. From 1 to 10000.
     *
     * @defaultValue 50
     */
    storeTimeout?: number | undefined;
    /**
     * Keys that are counted one by one in this process. Further ones share counters. About 350 bytes each, 2 KB at most.
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
     * Which of the older headers a refusal has: `{ 'x-ratelimit-limit': false }` leaves one out.
     *
     * @defaultValue all
     */
    addHeaders?: Record<string, boolean> | undefined;
    /**
     * Which of the older headers other answers have.
     *
     * @defaultValue all
     */
    addHeadersOnExceeding?: Record<string, boolean> | undefined;
    /**
     * Whether answers carry `RateLimit` and `RateLimit-Policy`, as the IETF's draft has them.
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

/** What only Fastify's constructor can set. Give the same to the plugin, so that it can check. */
interface SecurityServerOptions {
    /**
     * The proxies in front: addresses and CIDR ranges. Only their `X-Forwarded-For`, `-Host` and `-Proto` count. Also
     * `loopback`, `linklocal`, `uniquelocal`. `true` and hop counts are refused: they let clients choose their address.
     *
     * @defaultValue false
     */
    trustProxy?: readonly string[] | string | false | undefined;
    /**
     * The largest body, in bytes, unless a route says otherwise. Past it: 413.
     *
     * @defaultValue 1048576
     */
    bodyLimit?: number | undefined;
    /**
     * Milliseconds within which a whole request must have arrived. Past it: 408. Fastify's own default is never.
     *
     * @defaultValue 60000
     */
    requestTimeout?: number | undefined;
    /**
     * Milliseconds within which a request's headers must have arrived. Past it: 408.
     *
     * @defaultValue 15000, or `requestTimeout` where that is less
     */
    headersTimeout?: number | undefined;
    /**
     * Characters in one parameter of a path. Past it: 414.
     *
     * @defaultValue 100
     */
    maxParamLength?: number | undefined;
    /**
     * Further options of Node's HTTP server: `maxHeaderSize`, `connectionsCheckingInterval`, … They win.
     *
     * @defaultValue `{}`
     */
    http?: Record<string, unknown> | undefined;
}
/** What to spread into `Fastify({ … })`. */
interface SecurityServerSettings {
    trustProxy: string[] | false;
    bodyLimit: number;
    requestTimeout: number;
    routerOptions: {
        maxParamLength: number;
    };
    http: Record<string, unknown>;
    onProtoPoisoning: 'error';
    onConstructorPoisoning: 'error';
    frameworkErrors: RefusalOptions['frameworkErrors'];
    clientErrorHandler: RefusalOptions['clientErrorHandler'];
}
/**
 * The constructor's part: whom to believe, how much and how long to read, and eyes for requests that Fastify refuses
 * before any hook. Other members of the plugin's options are left alone, so the same object serves both.
 *
 * @example
 * const options = { trustProxy: ['10.0.0.0/8'] }
 * const app = Fastify(securityServerOptions(options))
 * await app.register(security, options)
 * @throws RangeError for an option that cannot work.
 */
declare function securityServerOptions(options?: SecurityServerOptions): SecurityServerSettings;

/** What comes in from outside. */
type Boundary = 'body' | 'params' | 'querystring' | 'headers';
/** Options of `validation`. Every one may be left out. */
interface ValidationOptions {
    /**
     * How deep a body may be nested. Past it: 400.
     *
     * @defaultValue 64
     */
    maxDepth?: number | undefined;
    /**
     * How many keys and array items a body may have, and how many parameters a query. Past it: 413.
     *
     * @defaultValue 10000
     */
    maxKeys?: number | undefined;
    /**
     * What a route without a schema for something it takes is: one warning at the start, a failed start, or nothing.
     *
     * @defaultValue 'warn'
     */
    onMissingSchema?: 'warn' | 'error' | 'ignore' | undefined;
    /**
     * Which boundaries need a schema.
     *
     * @defaultValue ['body', 'params', 'querystring']
     */
    boundaries?: readonly Boundary[] | undefined;
    /**
     * What a schema's pattern that an attacker can make run for seconds is: a failed start, or a warning.
     *
     * @defaultValue 'error'
     */
    unsafePatterns?: 'error' | 'warn' | undefined;
}

/**
 * Options of the security plugin, each part `false` or its options. The members of `SecurityServerOptions` are only
 * checked here: the constructor sets them.
 */
interface SecurityOptions extends SecurityServerOptions {
    /**
     * Security headers on every answer.
     *
     * @defaultValue `{}`
     */
    headers?: HeadersOptions | false | undefined;
    /**
     * Who may read answers from another origin. Without it nobody.
     *
     * @defaultValue false
     */
    cors?: CorsOptions | false | undefined;
    /**
     * How much one client may ask.
     *
     * @defaultValue `{}`
     */
    rateLimit?: RateLimitOptions | false | undefined;
    /**
     * What may come in.
     *
     * @defaultValue `{}`
     */
    validation?: ValidationOptions | false | undefined;
}

/** Headers, CORS, rate limits and validation together. Each is also a plugin of its own. */
declare const security: FastifyPluginAsync<SecurityOptions>;

/**
 * The form of an address under which its owner is counted: IPv4 as it is, IPv6 by network, because one customer has
 * a whole `/64` to choose addresses from. IPv4 mapped into IPv6 is IPv4.
 *
 * @param subnet - Bits of an IPv6 address that count, 64 by default.
 */
declare function normalizeIP(ip: string, subnet?: number): string;

/** What a limiter made by `createRateLimit` says about a request. */
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
/** Makes a hook with a limit of its own. It fits routes of every generic. */
type MakeRateLimit = (options?: LimitOptions) => (request: FastifyRequest, reply: FastifyReply) => Promise<void>;
/** Makes a limit to ask by hand. `increment: false` looks without counting. */
type MakeRateLimitCheck = (options?: LimitOptions) => (request: FastifyRequest, options?: {
    increment?: boolean;
}) => Promise<RateLimitResult>;
interface RateLimitDecorators {
    /** A hook with a limit of its own, for `preHandler` and its like. */
    rateLimit: Overridable<this, MakeRateLimit>;
    /** A limit to ask by hand. `isAllowed`: the request is not limited at all; else look at `isExceeded`. */
    createRateLimit: Overridable<this, MakeRateLimitCheck>;
}
declare module 'fastify' {
    interface FastifyInstance extends RateLimitDecorators {
    }
}

/** A request over its limit: 429, or 403 once the client is banned. */
declare class RateLimitError extends SecurityError {
    readonly name: string;
    /** Milliseconds until a request would pass. */
    readonly ttl: number;
    constructor(ttl: number, ban?: boolean);
}
/** The shared store does not answer, and a limit with the policy `closed` lets nothing through. */
declare class RateLimitStoreError extends SecurityError {
    readonly name: string;
    constructor(cause: Error);
}

/** Limits requests: per address before authentication, per user after it, alone or together with other processes. */
declare const rateLimit: FastifyPluginAsync<RateLimitOptions>;

/** Nothing unchecked gets in: strict bodies, safe patterns, bounded shapes, and a list of what has no schema. */
declare const validation: FastifyPluginAsync<ValidationOptions>;

export { RateLimitError, RateLimitStoreError, SecurityError, cors, security as default, headers, normalizeIP, rateLimit, security, securityServerOptions, validation };
export type { Boundary, CorsDelegator, CorsHook, CorsOptions, CspNonce, HeadersOptions, HelmetHeaders, HelmetRouteOption, LimitInfo, LimitOptions, MakeRateLimit, MakeRateLimitCheck, OpenBoundary, OriginFunction, OriginList, OriginRule, Profile, RateLimitContext, RateLimitHook, RateLimitOptions, RateLimitResult, RedisClient, RedisConnection, RouteCors, RouteHeaders, RouteHeadersOptions, RouteHelmet, RouteLimitOptions, RouteRateLimit, SecurityOptions, SecurityServerOptions, SecurityServerSettings, SecurityStatus, StoreErrorPolicy, ValidationOptions };
