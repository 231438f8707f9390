// @seaworthy/observability: index
import { FastifyError, FastifyInstance, InjectOptions, LightMyRequestResponse, FastifyRequest, FastifyReply, FastifyPluginAsync, LogController, FastifyBaseLogger } from 'fastify';
import { Registry } from 'prom-client';
import { IncomingMessage } from 'node:http';
import { Http2ServerRequest } from 'node:http2';
import { Socket } from 'node:net';

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

/**
 * A value that no string, JSON, log or inspection prints. `reveal()` gives it. An interface, because each package has a
 * copy of the class: a secret of one must fit the options of another.
 */
interface Secret {
    /** The value itself. Call it where it is used, and keep it nowhere. */
    reveal(): string;
    toString(): string;
    toJSON(): string;
}
declare const Secret: new (value: string) => Secret;

/** The operators' listener. */
interface ManagementOptions {
    /** The port to listen on, from 0 (any free one) to 65535. */
    port: number;
    /**
     * The address to listen on. One that is not loopback needs `token` or `allow`.
     *
     * @defaultValue '127.0.0.1'
     */
    host?: string | undefined;
    /** Asked for as `Authorization: Bearer …`. At least 16 characters. */
    token?: string | Secret | undefined;
    /** Who may connect: IP addresses or CIDR ranges. With a token too, both must be right. */
    allow?: readonly string[] | undefined;
}

/** The operators' listener, as `app.observability.management`. */
interface ManagementListener {
    /** The port it listens on, once the app is ready. */
    readonly port: number | undefined;
    /** Asks it without a socket, for tests. */
    inject(options: string | InjectOptions): Promise<LightMyRequestResponse>;
}

/** What a tracker is told beside the error. No body, no query, no address, no headers. */
interface ErrorContext {
    /** `request`, or where else it happened: `uncaughtException`, `breaker "users"`. */
    source: string;
    method?: string;
    /** The route's pattern. */
    route?: string;
    /** The status the client got. */
    statusCode?: number;
    correlationId?: string;
    traceId?: string;
    /** The user's id, and nothing else of the user. */
    userId?: string;
    [key: string]: unknown;
}
/** Takes an error. May return a promise; what it throws is logged. */
type ErrorSink = (error: unknown, context: ErrorContext) => unknown;
/** Where errors go. Further keys beside `dsn` are passed to Sentry's `init`. */
interface ErrorTrackingOptions {
    /** Sentry's address for the project. Needs `@sentry/node` 11 or newer; older ones need a `sink`. */
    dsn?: string | Secret | undefined;
    /**
     * The environment that events carry.
     *
     * @defaultValue `NODE_ENV`
     */
    environment?: string | undefined;
    /**
     * The share of requests that Sentry traces, from 0 to 1. Left out, none and no instrumentation.
     */
    tracesSampleRate?: number | undefined;
    /** Takes errors instead of Sentry. */
    sink?: ErrorSink | undefined;
    /**
     * Sends out what the sink has gathered, at shutdown; gets a limit in **milliseconds**.
     */
    flush?: ((timeout: number) => unknown) | undefined;
    /**
     * The id of a request's user.
     *
     * @defaultValue `request.user.id`, else `request.user.sub`
     */
    userId?: ((request: FastifyRequest) => string | undefined) | undefined;
    /** Passed on to Sentry's `init`. */
    [option: string]: unknown;
}

/** What `app.observability` offers. */
interface Observability {
    /** The registry of your own metrics: prom-client's, or the one that you gave, which may then be of another kind. */
    readonly registry: Registry;
    /** Gives an error to the tracker, once per error object. Without error tracking, does nothing. */
    captureError(error: unknown, context?: Partial<ErrorContext>): void;
    /** Sends out captured errors; resolves at the latest after `timeout` **milliseconds**, 2000 by default. */
    flush(timeout?: number): Promise<void>;
    /** The metrics as a scrape would get them. */
    metrics(format?: 'text' | 'openmetrics'): Promise<string>;
    /** `x-correlation-id`, `traceparent` and `tracestate` for an outgoing call made on behalf of `request`. */
    headers(request: FastifyRequest): Record<string, string>;
    /** The request that the running code belongs to, where `correlation.context` is on. */
    context(): FastifyRequest | undefined;
    /** The operators' listener, where `management` is on. */
    readonly management: ManagementListener | undefined;
}
interface ObservabilityDecorators {
    /** Metrics, error tracking and ids of this app. */
    observability: Overridable<this, Observability>;
}
declare module 'fastify' {
    interface FastifyInstance extends ObservabilityDecorators {
    }
}

/** An error as it is logged: an allow-list of fields, each bounded, causes to a depth. */
interface ErrorJson {
    type: string;
    message: string;
    code?: string;
    statusCode?: number;
    stack?: string;
    cause?: ErrorJson;
    errors?: ErrorJson[];
}

/** A label of the service's own: everything it may say is declared, so that no request can invent a series. */
interface MetricsLabel {
    /** What it may say. Anything else is `_OTHER`. */
    values: readonly string[];
    /** What it says of a request; asked when the request ends. */
    of: (request: FastifyRequest, reply: FastifyReply) => string | undefined;
}

/** prom-client's registry, its successor's, or anything else that gives Prometheus' text. */
interface MetricsRegistry {
    metrics(): string | Promise<string>;
    readonly contentType?: string;
    getMetricsAsJSON?(): unknown;
}

/** Where a request's ids come from, and where they go. */
interface CorrelationOptions {
    /**
     * The header that carries the correlation id, in and out. A name of an HTTP header.
     *
     * @defaultValue 'x-correlation-id'
     */
    header?: string | undefined;
    /**
     * Peers whose ids and trace context are taken over: IP addresses or CIDR ranges, compared with the address of the
     * connection itself. Others get fresh ids. Left out, anyone's valid id is taken.
     */
    trust?: readonly string[] | undefined;
    /**
     * Makes an id for a request that has none, or an invalid one. It must match `^[\w.-]{1,64}$`.
     *
     * @defaultValue a random UUID
     */
    generate?: ((request: IncomingMessage) => string) | undefined;
    /**
     * Remembers the request for all that its handler starts (AsyncLocalStorage): `fetch` and undici then carry the ids by
     * themselves, and `app.observability.context()` gives the request anywhere. Costs little from Node 24 on.
     *
     * @defaultValue false
     */
    context?: boolean | undefined;
    /**
     * Hosts whose outgoing requests get no ids, where `context` is on: names as in the URL, without the port.
     *
     * @defaultValue []
     */
    exclude?: readonly string[] | undefined;
}

/** What a log level may be. */
type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal';
/** How the line's fields are named: this package's own names, or a platform's. */
type LogSchema = 'default' | 'ecs' | 'otel' | 'gcp';
/** Which level a request's line has. */
interface OutcomeLevels {
    /** 1xx, 2xx and 3xx. */
    success?: LogLevel | undefined;
    /** 4xx. */
    clientError?: LogLevel | undefined;
    /** 5xx. */
    serverError?: LogLevel | undefined;
    /** The client went away before the answer was complete. */
    aborted?: LogLevel | undefined;
    /** Slower than its threshold, unless the outcome's own level is higher. */
    slow?: LogLevel | undefined;
}
/** The one line per request. */
interface LoggingOptions {
    /**
     * From how many **milliseconds** on a request is slow: at least 0. A route has its own with
     * `config.observability.slowThreshold`, or `objective`.
     *
     * @defaultValue 1000
     */
    slowThreshold?: number | undefined;
    /**
     * Which share of successful requests is logged, from 0 to 1. Errors, aborts and slow requests are always logged.
     * Services that share a trace keep the same requests.
     *
     * @defaultValue 1
     */
    sampling?: number | undefined;
    /**
     * More fields for the line, beside the allow-listed ones. Each may take 1 KB and all together what is left of the
     * line's 16 KB: what is cut says so, and `fieldsLeftOut` is how many did not fit. Keep secrets out.
     */
    fields?: ((request: FastifyRequest, reply: FastifyReply) => Record<string, unknown>) | undefined;
    /**
     * Names and shape of the fields: this package's, Elastic's (`ecs`), OpenTelemetry's (`otel`) or Google's (`gcp`).
     *
     * @defaultValue 'default'
     */
    schema?: LogSchema | undefined;
    /**
     * Level by outcome.
     *
     * @defaultValue `{ success: 'info', clientError: 'info', serverError: 'error', aborted: 'info', slow: 'warn' }`
     */
    levels?: OutcomeLevels | undefined;
    /**
     * Route parameters whose values never reach a log: where a route has one, its pattern is logged as the `url`.
     *
     * @defaultValue ['token', 'secret', 'password', 'code', 'key', 'signature']
     */
    secretParams?: readonly string[] | undefined;
}

/** Where metrics are pushed to, for platforms that take OTLP and don't scrape. */
interface OtlpOptions {
    /** The collector's address for metrics, as `http://collector:4318/v1/metrics`: OTLP over HTTP, in JSON. */
    url: string;
    /**
     * Headers of each push, as a key of the platform's.
     *
     * @defaultValue `{}`
     */
    headers?: Record<string, string | Secret> | undefined;
    /**
     * **Milliseconds** from one push to the next, from 1000. One more is made when the app closes.
     *
     * @defaultValue 60000
     */
    interval?: number | undefined;
    /**
     * **Milliseconds** that a push may take, from 100 to a minute.
     *
     * @defaultValue 10000
     */
    timeout?: number | undefined;
}

/** What the service is, for `app_build_info`. */
interface BuildInfo {
    name?: string | undefined;
    version?: string | undefined;
    commit?: string | undefined;
}
/** Numbers for Prometheus. */
interface MetricsOptions {
    /**
     * Where they are served: on the management listener where there is one, else on the app's port. Starts with `/`.
     *
     * @defaultValue '/metrics'
     */
    path?: string | undefined;
    /**
     * The duration's unit, and so the histogram's name: `http_request_duration_seconds` or `http_request_duration_ms`.
     *
     * @defaultValue 'seconds'
     */
    unit?: 'seconds' | 'milliseconds' | undefined;
    /**
     * Upper bounds of the duration's buckets, in `unit`, ascending, above 0.
     *
     * @defaultValue `[0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]` in seconds, `[10, 50, 100, 200, 500, 1000, 2000, 5000]` in milliseconds
     */
    buckets?: readonly number[] | undefined;
    /**
     * The registry of your own metrics, served in the same scrape: prom-client's, `@prometheus-io/client`'s, or any
     * `{ metrics() }`.
     *
     * @defaultValue `new Registry()` of prom-client
     */
    registry?: MetricsRegistry | undefined;
    /**
     * Process and runtime metrics: CPU, memory, event loop, garbage collection, file descriptors.
     *
     * @defaultValue true
     */
    defaultMetrics?: boolean | undefined;
    /**
     * Labels of your own on the requests' metrics, each with all that it may say:
     * `{ plan: { values: ['free', 'paid'], of: (request) => request.user?.plan } }`. Anything else is `_OTHER`. At most
     * 200 combinations.
     *
     * @defaultValue `{}`
     */
    labels?: Record<string, MetricsLabel> | undefined;
    /**
     * How many combinations of method, route, status and own labels are counted apart, from 1 to 1,000,000. Further ones share a
     * series with the route `__overflow__`, and a warning says so once.
     *
     * @defaultValue 5000
     */
    maxSeries?: number | undefined;
    /**
     * Histograms of request and response bodies, in bytes, by method and route.
     *
     * @defaultValue false
     */
    bodySizes?: boolean | undefined;
    /**
     * Counts and times outgoing requests of `fetch` and undici, by host: `http_client_request_duration_seconds`.
     *
     * @defaultValue true
     */
    outgoing?: boolean | undefined;
    /**
     * What `app_build_info` says.
     *
     * @defaultValue `npm_package_name`, `npm_package_version` and `GIT_COMMIT` of the environment
     */
    buildInfo?: BuildInfo | undefined;
    /**
     * Whether workers of one parent (node:cluster, PM2) answer scrapes for each other: whichever is asked, the numbers
     * are everybody's, and stay when a worker dies. A name keeps two apps of one script apart.
     *
     * @defaultValue `true` in a worker of node:cluster or PM2's cluster mode, else `false`
     */
    workers?: boolean | string | undefined;
    /**
     * Pushes the numbers to a collector as well, as OTLP over HTTP. In a group of workers each pushes its own.
     *
     * @defaultValue false
     */
    otlp?: OtlpOptions | false | undefined;
    /** Asked for as `Authorization: Bearer …` where metrics are on the app's port. At least 16 characters. */
    token?: string | Secret | undefined;
    /** Who may scrape where metrics are on the app's port: IP addresses or CIDR ranges. */
    allow?: readonly string[] | undefined;
}

/** Options of the observability plugin. Every one may be left out. */
interface ObservabilityOptions {
    /**
     * The correlation id and the trace context: where they come from, where they go.
     *
     * @defaultValue `{}`
     */
    correlation?: CorrelationOptions | undefined;
    /**
     * The one line per request. `false` writes none.
     *
     * @defaultValue `{}`
     */
    logging?: LoggingOptions | false | undefined;
    /**
     * Numbers for Prometheus. `false` counts nothing and serves nothing.
     *
     * @defaultValue `{}`
     */
    metrics?: MetricsOptions | false | undefined;
    /**
     * Where errors go: `{ dsn, … }` for Sentry (install `@sentry/node`), `{ sink }` for anything else. `false` is none.
     *
     * @defaultValue false
     */
    errorTracking?: ErrorTrackingOptions | false | undefined;
    /**
     * A listener of its own for operators: metrics, log level, status page. Without it, metrics are on the app's port.
     *
     * @defaultValue false
     */
    management?: ManagementOptions | false | undefined;
}

/** Logs, ids, metrics, traces and error tracking for Fastify: one line a request, one record a route. */
declare const observability: FastifyPluginAsync<ObservabilityOptions>;

/** What a route may ask of observability. */
interface RouteObservability {
    /** The route's latency objective in **milliseconds**: a bucket of the histogram, and its slow threshold. */
    objective?: number | undefined;
    /** From how many **milliseconds** on it is slow. */
    slowThreshold?: number | undefined;
    /** `false`: no line for successful requests. */
    log?: boolean | undefined;
    /** `false`: not counted. */
    metrics?: boolean | undefined;
}
interface ObservabilityRouteConfig {
    /** How observability treats the route; `false` leaves it alone, errors excepted. */
    observability?: Overridable<this, AtLeastOne<RouteObservability> | false | undefined>;
}
declare module 'fastify' {
    interface FastifyContextConfig extends ObservabilityRouteConfig {
    }
}

/** What the plugin wants to know of what Fastify would have logged. */
interface LogEvents {
    /** A stream failed after its headers had gone out. */
    streamFailed(error: Error, request: FastifyRequest): void;
    /** A request was answered 503, without hooks, because the server is closing. */
    refusedWhileClosing(logger: FastifyBaseLogger): void;
    /** A method that no router knows, which only HTTP/2 lets pass: it is answered 404, without hooks. */
    unknownMethod(request: FastifyRequest, reply: FastifyReply): void;
}
/** A log controller that the plugin can listen to. */
interface OneLineLogController extends LogController {
    /** Called by the plugin: from now on it writes the lines. */
    listen(events: LogEvents): void;
}

/** Fastify's `childLoggerFactory`. */
type ChildLoggerFactory = (this: FastifyInstance, logger: FastifyBaseLogger, bindings: object, options: object, raw: IncomingMessage) => FastifyBaseLogger;

/** What only Fastify's constructor can set. Give the same `correlation` and `logging` as to the plugin, or only here. */
interface ObservabilityServerOptions {
    /** See the plugin's option. */
    correlation?: CorrelationOptions | undefined;
    /** See the plugin's option. */
    logging?: LoggingOptions | false | undefined;
    /**
     * The lowest level that is logged.
     *
     * @defaultValue `LOG_LEVEL` of the environment, else 'info'
     */
    level?: LogLevel | 'silent' | undefined;
    /**
     * Further settings of pino: `transport`, `base`, `stream`, … They win. `false` logs nothing.
     *
     * @defaultValue `{}`
     */
    logger?: Record<string, unknown> | false | undefined;
    /**
     * The app's own pino, in place of `logger` and `level`. Ids and the requests' lines are the same; level, names of
     * pino's own fields and serializers are as the app has set them.
     */
    loggerInstance?: FastifyBaseLogger | undefined;
}
/** What to spread into `Fastify({ … })`, the logger aside. */
interface FastifyServerSettings {
    genReqId: (raw: IncomingMessage | Http2ServerRequest) => string;
    childLoggerFactory: ChildLoggerFactory;
    logController: OneLineLogController;
    frameworkErrors: RefusalOptions['frameworkErrors'];
    clientErrorHandler: RefusalOptions['clientErrorHandler'];
}
/** With the logger that is made from settings, or with none. */
interface WithLogger extends FastifyServerSettings {
    logger: Record<string, unknown> | false;
}
/** With the app's own logger, whose type the app keeps. */
interface WithLoggerInstance<Logger extends FastifyBaseLogger> extends FastifyServerSettings {
    loggerInstance: Logger;
}
/**
 * The constructor's part: ids that are validated before the request's logger exists, a logger that keeps secrets out,
 * and eyes for requests that Fastify refuses before any hook.
 *
 * @example
 * const app = Fastify({ ...observabilityServerOptions() })
 * await app.register(observability)
 * @throws RangeError for an option that cannot work.
 */
declare function observabilityServerOptions<Logger extends FastifyBaseLogger>(options: ObservabilityServerOptions & {
    loggerInstance: Logger;
}): WithLoggerInstance<Logger>;
declare function observabilityServerOptions(options?: ObservabilityServerOptions & {
    loggerInstance?: undefined;
}): WithLogger;
declare function observabilityServerOptions(options: ObservabilityServerOptions): WithLogger | WithLoggerInstance<FastifyBaseLogger>;

export { observability as default, observability, observabilityServerOptions };
export type { BuildInfo, CorrelationOptions, ErrorContext, ErrorJson, ErrorSink, ErrorTrackingOptions, FastifyServerSettings, LogLevel, LogSchema, LoggingOptions, ManagementListener, ManagementOptions, MetricsLabel, MetricsOptions, MetricsRegistry, Observability, ObservabilityOptions, ObservabilityServerOptions, OtlpOptions, OutcomeLevels, RouteObservability, WithLogger, WithLoggerInstance };

// @seaworthy/observability: apm
/** An agent that can be started. */
type Vendor = 'newrelic' | 'datadog' | 'elastic' | 'opentelemetry';

/** The agent that runs in this process. One per process, so it is where each copy of this package finds it. */
interface ApmHandle {
    readonly vendor: Vendor;
    /** Sends out what the agent has gathered. Never rejects. */
    flush(timeout: number): Promise<void>;
}

/** The running agent, or `undefined` where the environment names none. */
declare const apm: ApmHandle | undefined;

export { apm };
export type { ApmHandle, Vendor };
