// @seaworthy/observability: index
import { FastifyError, FastifyInstance, FastifyRequest, FastifyReply, FastifyBaseLogger, InjectOptions, LightMyRequestResponse, FastifyPluginAsync, LogController } from 'fastify';
import { Registry } from 'prom-client';
import { ServerOptions } from 'node:https';
import { IncomingMessage } from 'node:http';
import { Http2ServerRequest } from 'node:http2';
import { Socket } from 'node:net';

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
 * A value that no string, JSON, log or inspection prints. `reveal()` gives it. An interface, because each package has a
 * copy of the class: a secret of one must fit the options of another.
 */
interface Secret {
    /** The value itself. Call it where it is used, and keep it nowhere. */
    reveal(): string;
    toString(): string;
    toJSON(): string;
}
/**
 * A text that no string, JSON, inspection or log prints.
 *
 * @example
 * const password = new Secret('correct horse')
 * console.log(`${password}`, password.reveal().length) // prints no secret
 */
declare const Secret: new (value: string) => Secret;

/**
 * How many lines wait for the next write.
 *
 * @example
 * const buffer: BufferOptions = { bytes: 16_384 }
 * const app = Fastify({ ...observabilityServerOptions({ logging: { buffer } }) })
 */
interface BufferOptions {
    /**
     * Lines are written once they are so many bytes, 256 to 16000.
     *
     * @defaultValue 8192
     * @throws RangeError for a number outside that range.
     */
    bytes?: number | undefined;
    /**
     * Lines are written after so long at the latest. Milliseconds, 10 to 10000.
     *
     * @defaultValue 100
     * @throws RangeError for a number outside that range.
     */
    interval?: number | undefined;
}

/**
 * A level of pino.
 *
 * @example
 * const level: LogLevel = 'debug'
 * const app = Fastify({ ...observabilityServerOptions({ level }) })
 */
type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal';

/** How data are sent to a collector. What is not set comes from OpenTelemetry's variables. */
interface OtlpConnectionOptions {
    /**
     * The address of the collector for this signal, such as `http://collector:4318/v1/metrics` or `…/v1/logs`. An http or
     * https URL; user and password belong into `headers`.
     *
     * @defaultValue `OTEL_EXPORTER_OTLP_METRICS_ENDPOINT` or `OTEL_EXPORTER_OTLP_LOGS_ENDPOINT`, else `OTEL_EXPORTER_OTLP_ENDPOINT` with `/v1/metrics` or `/v1/logs`, else port 4318 of this machine
     * @throws RangeError for any other text.
     */
    url?: string | undefined;
    /**
     * Headers of each push, such as the platform's API key.
     *
     * @defaultValue `OTEL_EXPORTER_OTLP_METRICS_HEADERS` or `OTEL_EXPORTER_OTLP_LOGS_HEADERS`, else `OTEL_EXPORTER_OTLP_HEADERS`
     * @throws RangeError for a name that no header has, or a value of several lines.
     */
    headers?: Record<string, string | Secret> | undefined;
    /**
     * The encoding. `http/protobuf` needs the package `@opentelemetry/otlp-transformer`, which writes it.
     *
     * @defaultValue `OTEL_EXPORTER_OTLP_METRICS_PROTOCOL` or `OTEL_EXPORTER_OTLP_LOGS_PROTOCOL`, else `OTEL_EXPORTER_OTLP_PROTOCOL`, else 'http/json'
     * @throws RangeError for any other one, such as `grpc`, and where that package is missing.
     */
    protocol?: 'http/json' | 'http/protobuf' | undefined;
    /**
     * The time that a push may take, with its retries. Milliseconds, 100 to 60000.
     *
     * @defaultValue `OTEL_EXPORTER_OTLP_METRICS_TIMEOUT` or `OTEL_EXPORTER_OTLP_LOGS_TIMEOUT`, else `OTEL_EXPORTER_OTLP_TIMEOUT`, else 10000
     * @throws RangeError for a number outside that range.
     */
    timeout?: number | undefined;
    /**
     * Whether pushes are compressed.
     *
     * @defaultValue `OTEL_EXPORTER_OTLP_METRICS_COMPRESSION` or `OTEL_EXPORTER_OTLP_LOGS_COMPRESSION`, else `OTEL_EXPORTER_OTLP_COMPRESSION`, else 'none'
     * @throws RangeError for any other value.
     */
    compression?: 'gzip' | 'none' | undefined;
}

/**
 * The collector to which the lines of the log are pushed, beside the log's own output.
 *
 * @example
 * const otlp: OtlpLogsOptions = { url: 'http://collector:4318/v1/logs', compression: 'gzip' }
 * await app.register(observability, { logging: { otlp } })
 */
interface OtlpLogsOptions extends OtlpConnectionOptions {
    /**
     * The time after which lines are pushed, if a batch is not full before. Milliseconds, 100 to 60000.
     *
     * @defaultValue `OTEL_BLRP_SCHEDULE_DELAY`, else 1000
     * @throws RangeError for a number outside that range.
     */
    interval?: number | undefined;
    /**
     * How many lines may wait for the collector, 1 to 100000, and 8 MB of text at most. Further ones are only in the log,
     * and counted in `otlp_log_records_dropped_total`.
     *
     * @defaultValue `OTEL_BLRP_MAX_QUEUE_SIZE`, else 2048
     * @throws RangeError for a number outside that range.
     */
    maxQueueSize?: number | undefined;
    /**
     * How many lines a push has at most, 1 to `maxQueueSize`.
     *
     * @defaultValue `OTEL_BLRP_MAX_EXPORT_BATCH_SIZE`, else 512, or `maxQueueSize` if that is less
     * @throws RangeError for a number outside that range.
     */
    maxBatchSize?: number | undefined;
}

/**
 * The lines below the level of the log that a request keeps until it is known how it ends.
 *
 * @example
 * const details: DetailsOptions = { level: 'debug', maxBytes: 32_768 }
 * await app.register(observability, { logging: { details } })
 */
interface DetailsOptions {
    /**
     * The lowest level that is kept.
     *
     * @defaultValue 'debug'
     * @throws RangeError for a level that pino does not have.
     */
    level?: LogLevel | undefined;
    /**
     * The bytes of lines that one request keeps, 1024 to 16777216. The oldest make room, and `droppedDetails` of the request's
     * line counts them.
     *
     * @defaultValue 65536
     * @throws RangeError for a number outside that range.
     */
    maxBytes?: number | undefined;
    /**
     * The bytes of lines that all requests of the app keep at a time, at least 1024.
     *
     * @defaultValue 16777216
     * @throws RangeError for a smaller number.
     */
    maxTotalBytes?: number | undefined;
}

/**
 * The names of a line's fields: those of this package, or those of a platform.
 *
 * @example
 * const schema: LogSchema = 'ecs'
 * const app = Fastify({ ...observabilityServerOptions({ logging: { schema } }) })
 */
type LogSchema = 'default' | 'ecs' | 'otel' | 'gcp';
/**
 * The level of a request's line, by its outcome.
 *
 * @example
 * const levels: OutcomeLevels = { success: 'debug', clientError: 'warn' }
 * const app = Fastify({ ...observabilityServerOptions({ logging: { levels } }) })
 */
interface OutcomeLevels {
    /**
     * For the statuses 1xx, 2xx and 3xx.
     *
     * @defaultValue 'info'
     */
    success?: LogLevel | undefined;
    /**
     * For the statuses 4xx.
     *
     * @defaultValue 'info'
     */
    clientError?: LogLevel | undefined;
    /**
     * For the statuses 5xx.
     *
     * @defaultValue 'error'
     */
    serverError?: LogLevel | undefined;
    /**
     * For requests whose client closed the connection before the response was complete.
     *
     * @defaultValue 'info'
     */
    aborted?: LogLevel | undefined;
    /**
     * For requests that took longer than their threshold, unless the level of their outcome is higher.
     *
     * @defaultValue 'warn'
     */
    slow?: LogLevel | undefined;
}
/**
 * The line that is logged for each request.
 *
 * @example
 * const logging: LoggingOptions = { slowThreshold: 500, sampling: 0.1, secretParams: ['token'] }
 * const app = Fastify({ ...observabilityServerOptions({ logging }) })
 */
interface LoggingOptions {
    /**
     * A request that takes longer is slow. Milliseconds, at least 0. `config.observability.slowThreshold` or `objective`
     * of a route replaces it.
     *
     * @defaultValue 1000
     * @throws RangeError for a number below 0.
     */
    slowThreshold?: number | undefined;
    /**
     * The share of successful requests that is logged, 0 to 1. Errors, aborts and slow requests are always logged.
     * Services that share a trace log the same requests, if `correlation.trust` names their peers.
     *
     * @defaultValue 1
     * @throws RangeError for a number outside that range.
     */
    sampling?: number | undefined;
    /**
     * Returns further fields of the line. Each may take 1 KB, and all together what is left of the line's 16 KB: longer
     * values are cut, and `droppedFields` counts the fields that did not fit. Return no secrets.
     *
     * @defaultValue none: the line has the fields of its schema
     */
    fields?: ((request: FastifyRequest, reply: FastifyReply) => Record<string, unknown>) | undefined;
    /**
     * Names and structure of the fields: this package's, Elastic's (`ecs`), OpenTelemetry's (`otel`) or Google's (`gcp`).
     *
     * @defaultValue 'default'
     * @throws RangeError for any other value.
     */
    schema?: LogSchema | undefined;
    /**
     * The level by outcome.
     *
     * @defaultValue `{ success: 'info', clientError: 'info', serverError: 'error', aborted: 'info', slow: 'warn' }`
     * @throws RangeError for a level that pino does not have.
     */
    levels?: OutcomeLevels | undefined;
    /**
     * Route parameters with secret values, beside those whose names say so: `resetToken`, `invite_code`. The line of a
     * route that has one shows its pattern as the `url`.
     *
     * @defaultValue ['token', 'secret', 'password', 'code', 'key', 'signature']
     */
    secretParams?: readonly string[] | undefined;
    /**
     * Keeps the lines of `request.log` that are below the level of the log, and writes them, with the times at which they
     * were logged, only for a request that fails with 5xx, is slow, or whose trace is sampled (by an SDK here, or by a peer
     * that `correlation.trust` names). They come before the request's line. The app pays for making them all the same, and
     * agents that listen to pino see each of them.
     *
     * @defaultValue false
     */
    details?: DetailsOptions | false | undefined;
    /**
     * Writes lines to standard output in blocks, which saves a system call per line. Only `observabilityServerOptions` can do
     * this. What waits is written when the process exits, with each fatal line, and at shutdown. A process that is killed
     * (SIGKILL, out of memory, a fault of Node itself) loses the lines of the last `interval`, at most `bytes` of them.
     *
     * @defaultValue false
     * @throws RangeError beside a `stream`, `transport` or `file` of `logger`, or a `loggerInstance`.
     */
    buffer?: BufferOptions | false | undefined;
    /**
     * Pushes each line that the log writes to a collector too, as OTLP over HTTP: with the severity, the trace and the span
     * of OpenTelemetry's data model, and the fields of the line as attributes. In `schema: 'otel'` they have OpenTelemetry's
     * names. What `{}` leaves out comes from OpenTelemetry's variables.
     *
     * @defaultValue `{}` where `OTEL_LOGS_EXPORTER` names `otlp` and no OpenTelemetry SDK is active, else `false`
     */
    otlp?: OtlpLogsOptions | false | undefined;
}

/**
 * Where the correlation id and the trace context of a request come from, and where they are sent.
 *
 * @example
 * const correlation: CorrelationOptions = { context: true, trust: ['10.0.0.0/8'] }
 * const app = Fastify({ ...observabilityServerOptions({ correlation }) })
 */
interface CorrelationOptions {
    /**
     * The header that carries the correlation id, in requests and in responses: the name of an HTTP header.
     *
     * @defaultValue 'x-correlation-id'
     * @throws RangeError for text that is not the name of a header.
     */
    header?: string | undefined;
    /**
     * Peers whose ids and trace context are accepted: IP addresses or CIDR ranges, compared with the address of the
     * connection itself. Requests of other peers get new ids.
     *
     * @defaultValue none: valid ids of every peer are accepted
     * @throws RangeError for an entry that is neither an address nor a range.
     */
    trust?: readonly string[] | undefined;
    /**
     * Makes an id for a request that has none, or an invalid one. It must match `^[\w.-]{1,64}$`; otherwise the request
     * gets a random UUID.
     *
     * @defaultValue a random UUID
     */
    generate?: ((request: IncomingMessage) => string) | undefined;
    /**
     * Keeps the request for all code that its handler starts (AsyncLocalStorage): `fetch` and undici then send the ids by
     * themselves, and `app.observability.context()` returns the request anywhere. Costs little from Node 24 on.
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

/**
 * The data that a sink gets with the error. No body, no query, no address, no headers.
 *
 * @example
 * const sink = (error: unknown, { route, statusCode }: ErrorContext) => console.error(error, route, statusCode)
 * await app.register(observability, { errorTracking: { sink } })
 */
interface ErrorContext {
    /** `request`, or another source: `uncaughtException`, `breaker "users"`. */
    source: string;
    method?: string;
    /** The route's pattern. */
    route?: string;
    /** The status of the response. */
    statusCode?: number;
    correlationId?: string;
    traceId?: string;
    /** The user's id. No other property of the user is sent. */
    userId?: string;
    [key: string]: unknown;
}
/**
 * Receives an error. May return a promise. What it throws is logged.
 *
 * @example
 * const sink: ErrorSink = (error, { correlationId }) => console.error(correlationId, error)
 * await app.register(observability, { errorTracking: { sink } })
 */
type ErrorSink = (error: unknown, context: ErrorContext) => unknown;
/**
 * Where errors are sent. With `dsn`, further keys are options of Sentry's `init`.
 *
 * @example
 * const errorTracking: ErrorTrackingOptions = { dsn: process.env['SENTRY_DSN'], maxPerMinute: 60 }
 * await app.register(observability, { errorTracking })
 */
interface ErrorTrackingOptions {
    /**
     * Sentry's address for the project. Needs `@sentry/node` 11 or newer; older versions need a `sink`.
     *
     * @defaultValue none: either `dsn` or `sink` is required
     * @throws RangeError for text that is not a DSN, and beside a `sink`.
     */
    dsn?: string | Secret | undefined;
    /**
     * The environment of Sentry's events.
     *
     * @defaultValue `NODE_ENV`
     */
    environment?: string | undefined;
    /**
     * The share of requests that Sentry traces, 0 to 1.
     *
     * @defaultValue none: Sentry does not trace
     * @throws RangeError for a number outside that range.
     */
    tracesSampleRate?: number | undefined;
    /**
     * Receives errors in place of Sentry. One that shows a secret is replaced by a copy of its class without it.
     *
     * @defaultValue none: either `dsn` or `sink` is required
     */
    sink?: ErrorSink | undefined;
    /**
     * Sends what the sink has gathered, at shutdown. Gets a limit in **milliseconds**.
     *
     * @defaultValue none: only the promises of the sink are awaited
     */
    flush?: ((timeout: number) => unknown) | undefined;
    /**
     * How many errors of one kind are sent in a minute: of one class, code and source, thrown at one place. Further ones are
     * logged, and counted in `errors_untracked_total`. 1 to 10000.
     *
     * @defaultValue 10
     * @throws RangeError for a number outside that range.
     */
    maxPerMinute?: number | undefined;
    /**
     * Returns the id of a request's user.
     *
     * @defaultValue `request.user.sub`, else `request.user.id`
     */
    userId?: ((request: FastifyRequest) => string | undefined) | undefined;
    /** Passed on to Sentry's `init`. */
    [option: string]: unknown;
}

/**
 * A run of a job.
 *
 * @example
 * await app.observability.observe('mail', async ({ log, headers }: Job) => {
 *   await fetch('http://mail.internal/send', { method: 'POST', headers: headers() })
 *   log.info('sent')
 * })
 */
interface Job {
    /** The correlation id: on its lines, in the report of its error, on what it calls. */
    readonly id: string;
    /** Its logger, with the ids and the name. */
    readonly log: FastifyBaseLogger;
    /** `x-correlation-id` and `traceparent` for an outgoing request on behalf of the job. */
    headers(): Record<string, string>;
}
/**
 * Where a job comes from.
 *
 * @example
 * const options: JobOptions = { headers: { 'x-correlation-id': 'f4cac8c1' } }
 * await app.observability.observe('mail', async ({ log }) => log.info('sent'), options)
 */
interface JobOptions {
    /**
     * Headers of the message that the job works on: its correlation id and trace go on, if they are valid.
     *
     * @defaultValue none: the job is part of the request or job that has started it, where `correlation.context` is on, else new
     */
    headers?: Record<string, string> | undefined;
}

/**
 * The listener for operators.
 *
 * @example
 * const management: ManagementOptions = { port: 9000, host: '0.0.0.0', token: process.env['MANAGEMENT_TOKEN'] }
 * await app.register(observability, { management })
 */
interface ManagementOptions {
    /**
     * The port to listen on, 0 (any free one) to 65535.
     *
     * @defaultValue none: it is required
     * @throws RangeError for a number outside that range.
     */
    port: number;
    /**
     * The address to listen on. One that is not loopback needs `token` or `allow`.
     *
     * @defaultValue '127.0.0.1'
     * @throws RangeError for another address without `token` and `allow`.
     */
    host?: string | undefined;
    /**
     * The token that requests must have as `Authorization: Bearer …`, or as the password of Basic authentication, for which
     * a browser asks. At least 16 characters.
     *
     * @defaultValue none: no token is needed
     * @throws RangeError for a shorter one.
     */
    token?: string | Secret | undefined;
    /**
     * The addresses that may connect: IP addresses or CIDR ranges. With a `token`, both must match.
     *
     * @defaultValue none: every address may connect
     * @throws RangeError for an entry that is neither an address nor a range.
     */
    allow?: readonly string[] | undefined;
    /**
     * Further names of this host in addresses, for a listener without `token`. IP addresses, `localhost`, names without a
     * dot and those of private networks are always accepted; other names get 421, because a page of another site could
     * have let a name of its own point here.
     *
     * @defaultValue []
     * @throws RangeError for an entry that is no name of a host.
     */
    hosts?: readonly string[] | undefined;
    /**
     * Has the listener speak HTTPS: options of Node's `https.createServer`, such as `key` and `cert`. With `ca` and
     * `requestCert: true` only clients with a certificate of that authority may connect.
     *
     * @defaultValue none: HTTP
     * @throws RangeError for a key or certificate that cannot be used.
     */
    tls?: ServerOptions | undefined;
    /**
     * Whether the listener only shows. Requests that would change something get 403.
     *
     * @defaultValue false
     */
    readOnly?: boolean | undefined;
    /**
     * Whether operators may begin the shutdown of the service.
     *
     * @defaultValue false
     */
    allowShutdown?: boolean | undefined;
    /**
     * Whether the page lists the last fifty failed or slow requests: route, status, duration, ids and the error's name,
     * nothing that a client has sent.
     *
     * @defaultValue true
     */
    recentRequests?: boolean | undefined;
}

/**
 * The listener for operators, as `app.observability.management`.
 *
 * @example
 * const listener: ManagementListener | undefined = app.observability.management
 * console.log(listener?.port, (await listener?.inject('/info'))?.json())
 */
interface ManagementListener {
    /** The port on which it listens, once the app is ready. */
    readonly port: number | undefined;
    /** Sends it a request without a socket, for tests. */
    inject(options: string | InjectOptions): Promise<LightMyRequestResponse>;
}

/**
 * How many requests must keep to the objective of their route.
 *
 * @example
 * const options: LatencyRulesOptions = { target: 0.995 }
 * console.log(app.observability.latencyRules(options))
 */
interface LatencyRulesOptions {
    /**
     * The share of requests that must be as fast as the objective of their route, over 30 days. 0.95 to 0.99999.
     *
     * @defaultValue 0.99
     * @throws RangeError for a number outside that range.
     */
    target?: number | undefined;
}

/**
 * The decorator `app.observability`.
 *
 * @example
 * app.observability.captureError(new Error('in a job'), { source: 'job "mail"' })
 * app.get('/a', async (request) => fetch('http://users/1', { headers: app.observability.headers(request) }))
 * console.log(await app.observability.metrics())
 */
interface Observability {
    /** The registry for the app's metrics: prom-client's, or the one of `metrics.registry`, which may be of another kind. */
    readonly registry: Registry;
    /** Sends an error to the tracker, once per error object. Does nothing without error tracking. */
    captureError(error: unknown, context?: Partial<ErrorContext>): void;
    /** Sends the captured errors. Resolves at the latest after `timeout` **milliseconds**, 2000 by default. */
    flush(timeout?: number): Promise<void>;
    /** The metrics as in a scrape. */
    metrics(format?: 'text' | 'openmetrics'): Promise<string>;
    /**
     * Rules for Prometheus, in YAML, that alert when requests of routes with an `objective` are too often slower than that: by
     * the rate at which they spend the budget of `target`. Complete once the app is ready; write it where Prometheus reads it.
     */
    latencyRules(options?: LatencyRulesOptions): string;
    /** `x-correlation-id`, `traceparent` and `tracestate` for an outgoing request on behalf of `request`. */
    headers(request: FastifyRequest): Record<string, string>;
    /** The request for which the running code works, where `correlation.context` is on. */
    context(): FastifyRequest | undefined;
    /**
     * Runs work outside HTTP, such as a job of a queue or a timer, and observes it as a request is: one line, its duration
     * and outcome in `job_duration_seconds`, a span where an OpenTelemetry SDK is active, and a report if it fails. Where
     * `correlation.context` is on, outgoing calls carry its ids. Returns what `fn` returns, or rejects with its error.
     */
    observe<T>(name: string, fn: (job: Job) => T | Promise<T>, options?: JobOptions): Promise<T>;
    /** The listener for operators, where `management` is on. */
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

/**
 * The watch over turns of the event loop that take too long.
 *
 * @example
 * const blockedLoop: BlockedLoopOptions = { threshold: 500 }
 * await app.register(observability, { blockedLoop })
 */
interface BlockedLoopOptions {
    /**
     * A turn that takes longer blocks the loop: no other request is served meanwhile. Milliseconds, 20 to 60000.
     *
     * @defaultValue 250
     * @throws RangeError for a number outside that range.
     */
    threshold?: number | undefined;
    /**
     * The lines about it per minute, 1 to 600. The metric counts every turn.
     *
     * @defaultValue 6
     * @throws RangeError for a number outside that range.
     */
    maxLinesPerMinute?: number | undefined;
}

/**
 * A label of the app. All of its values are declared, so that no request can add a series.
 *
 * @example
 * const plan: MetricsLabel = { values: ['free', 'paid'], of: (request) => String(request.headers['x-plan']) }
 * await app.register(observability, { metrics: { labels: { plan } } })
 */
interface MetricsLabel {
    /**
     * The values of the label, at least one. Any other is `_OTHER`.
     *
     * @defaultValue none: it is required
     */
    values: readonly string[];
    /**
     * Returns the value for a request. Called when the request ends; where it throws, the value is `_OTHER`.
     *
     * @defaultValue none: it is required
     */
    of: (request: FastifyRequest, reply: FastifyReply) => string | undefined;
}

/**
 * A route's `config.observability`.
 *
 * @example
 * const observability: RouteObservability = { objective: 3000, longLived: true }
 * app.get('/export', { config: { observability: { objective: 3000 } } }, async () => observability)
 */
interface RouteObservability {
    /**
     * The latency objective of the route: a bucket of the histogram, and the threshold of slow requests. Milliseconds, at
     * least 1.
     *
     * @defaultValue none: the histogram has no bucket for the route
     * @throws RangeError for a smaller number, when the route is added.
     */
    objective?: number | undefined;
    /**
     * A request that takes longer is slow. Milliseconds, at least 0.
     *
     * @defaultValue `objective`, else `logging.slowThreshold`
     * @throws RangeError for a smaller number, when the route is added.
     */
    slowThreshold?: number | undefined;
    /**
     * Whether successful requests are logged.
     *
     * @defaultValue true
     */
    log?: boolean | undefined;
    /**
     * Whether requests are counted.
     *
     * @defaultValue true
     */
    metrics?: boolean | undefined;
    /**
     * Whether an answer lasts for as long as its client listens: long polling, a download, a stream of any type. Its end is
     * no abort, it is never slow, and neither its duration nor its being in flight is counted. Event streams and WebSockets
     * need no switch.
     *
     * @defaultValue false
     */
    longLived?: boolean | undefined;
}
interface ObservabilityRouteConfig {
    /** Logs and metrics of the route. `false`: only its errors are logged, and nothing is counted. */
    observability?: Overridable<this, AtLeastOne<RouteObservability> | false | undefined>;
}
declare module 'fastify' {
    interface FastifyContextConfig extends ObservabilityRouteConfig {
    }
}

/**
 * An error as it is logged: an allow-list of fields, each bounded, with causes to a depth of three.
 *
 * @example
 * const line = JSON.parse('{"err":{"type":"Error","message":"connect ECONNREFUSED"}}') as { err: ErrorJson }
 * console.log(line.err.message, line.err.cause?.message)
 */
interface ErrorJson {
    type: string;
    message: string;
    code?: string;
    statusCode?: number;
    stack?: string;
    cause?: ErrorJson;
    errors?: ErrorJson[];
}

/**
 * The labels of `app_build_info`.
 *
 * @example
 * const buildInfo: BuildInfo = { name: 'shop', version: '4.2.0', commit: process.env['GIT_COMMIT'] }
 * await app.register(observability, { metrics: { buildInfo } })
 */
interface BuildInfo {
    /**
     * The name of the service.
     *
     * @defaultValue `npm_package_name` of the environment, else the name in the `package.json` of the script
     */
    name?: string | undefined;
    /**
     * The version of the service.
     *
     * @defaultValue `npm_package_version` of the environment, else the version in the `package.json` of the script
     */
    version?: string | undefined;
    /**
     * The commit from which the service was built.
     *
     * @defaultValue `GIT_COMMIT` of the environment
     */
    commit?: string | undefined;
}

/**
 * A registry of prom-client, of its successor, or any other object that returns Prometheus' text.
 *
 * @example
 * const registry: MetricsRegistry = { metrics: async () => '# TYPE jobs_total counter\njobs_total 3\n' }
 * await app.register(observability, { metrics: { registry } })
 */
interface MetricsRegistry {
    metrics(): string | Promise<string>;
    readonly contentType?: string;
    getMetricsAsJSON?(): unknown;
}

/**
 * The collector to which metrics are pushed, for platforms that accept OTLP and do not scrape.
 *
 * @example
 * const otlp: OtlpOptions = { url: 'http://collector:4318/v1/metrics', interval: 30_000 }
 * await app.register(observability, { metrics: { otlp } })
 */
interface OtlpOptions extends OtlpConnectionOptions {
    /**
     * The time between two pushes. Milliseconds, at least 1000. There is one more push when the app closes.
     *
     * @defaultValue `OTEL_METRIC_EXPORT_INTERVAL`, else 60000
     * @throws RangeError for a smaller number.
     */
    interval?: number | undefined;
}

/**
 * Metrics for Prometheus.
 *
 * @example
 * const metrics: MetricsOptions = { path: '/internal/metrics', bodySizes: true }
 * await app.register(observability, { metrics })
 */
interface MetricsOptions {
    /**
     * The path of the scrape: on the management listener where there is one, else on the app's port. Starts with `/`.
     *
     * @defaultValue '/metrics'
     * @throws RangeError for text that does not start with `/`.
     */
    path?: string | undefined;
    /**
     * The unit of the durations, and so the histogram's name: `http_request_duration_seconds` or
     * `http_request_duration_ms`.
     *
     * @defaultValue 'seconds'
     * @throws RangeError for another unit.
     */
    unit?: 'seconds' | 'milliseconds' | undefined;
    /**
     * The upper bounds of the duration's buckets, in `unit`: ascending numbers above 0.
     *
     * @defaultValue `[0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]` in seconds, `[10, 50, 100, 200, 500, 1000, 2000, 5000]` in milliseconds
     * @throws RangeError for a list that is empty or not ascending.
     */
    buckets?: readonly number[] | undefined;
    /**
     * The registry with the app's metrics, which are part of the same scrape: prom-client's, `@prometheus-io/client`'s, or
     * any `{ metrics() }`.
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
     * Labels of the app on the metrics of requests, each with all of its values:
     * `{ plan: { values: ['free', 'paid'], of: (request) => request.user?.plan } }`. Any other value is `_OTHER`. At most
     * 200 combinations.
     *
     * @defaultValue `{}`
     * @throws RangeError for a reserved name, a label without values, or too many combinations.
     */
    labels?: Record<string, MetricsLabel> | undefined;
    /**
     * The number of series of the requests' metrics: combinations of method, route, status and the app's labels. 1 to 1000000.
     * Further combinations share a series with the route `__overflow__`, and one warning is logged.
     *
     * @defaultValue 5000
     * @throws RangeError for a number outside that range.
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
     * The labels of `app_build_info`.
     *
     * @defaultValue `npm_package_name`, `npm_package_version` and `GIT_COMMIT` of the environment
     */
    buildInfo?: BuildInfo | undefined;
    /**
     * Whether the workers of one parent (node:cluster, PM2) answer scrapes for each other: each scrape has the sum of all
     * workers, and keeps the counts of workers that ended. A name separates two apps of one script.
     *
     * @defaultValue `true` in a worker of node:cluster or PM2's cluster mode, else `false`
     */
    workers?: boolean | string | undefined;
    /**
     * Pushes the metrics to a collector too, as OTLP over HTTP. In a group of workers each pushes its own. What
     * `{}` leaves out comes from OpenTelemetry's variables.
     *
     * @defaultValue `{}` where `OTEL_METRICS_EXPORTER` names `otlp` and no OpenTelemetry SDK is active, else `false`
     */
    otlp?: OtlpOptions | false | undefined;
    /**
     * Adds the stable metrics of OpenTelemetry's semantic conventions beside ours, for dashboards that use them:
     * `http_server_request_duration_seconds` (pushed as `http.server.request.duration`) from the same numbers, and the
     * conventions' labels on `http_client_request_duration_seconds` (pushed as `http.client.request.duration` too).
     *
     * @defaultValue false
     */
    semanticConventions?: boolean | undefined;
    /**
     * The token that scrapes must have as `Authorization: Bearer …`, where metrics are on the app's port. At least 16
     * characters.
     *
     * @defaultValue none: no token is needed
     * @throws RangeError for a shorter one.
     */
    token?: string | Secret | undefined;
    /**
     * The addresses that may scrape, where metrics are on the app's port: IP addresses or CIDR ranges.
     *
     * @defaultValue none: every address may scrape
     * @throws RangeError for an entry that is neither an address nor a range.
     */
    allow?: readonly string[] | undefined;
}

/**
 * Options of the observability plugin. All are optional.
 *
 * @example
 * const options: ObservabilityOptions = { logging: { slowThreshold: 500 }, management: { port: 9000 } }
 * await app.register(observability, options)
 */
interface ObservabilityOptions {
    /**
     * The correlation id and the trace context of requests.
     *
     * @defaultValue `{}`
     */
    correlation?: CorrelationOptions | undefined;
    /**
     * The line that is logged for each request. `false` logs none.
     *
     * @defaultValue `{}`
     */
    logging?: LoggingOptions | false | undefined;
    /**
     * Metrics for Prometheus. `false` counts and serves nothing.
     *
     * @defaultValue `{}`
     */
    metrics?: MetricsOptions | false | undefined;
    /**
     * Where errors are sent: `{ dsn, … }` for Sentry (install `@sentry/node`), `{ sink }` for any other. `false` sends
     * none.
     *
     * @defaultValue false
     */
    errorTracking?: ErrorTrackingOptions | false | undefined;
    /**
     * A second listener for operators: metrics, log level, the operators' page. With `false`, metrics are on the app's port.
     *
     * @defaultValue false
     */
    management?: ManagementOptions | false | undefined;
    /**
     * Finds what blocks the event loop: a line with the route, the ids and the stack of a turn that takes too long, and the
     * metric `nodejs_eventloop_blocked_seconds_total`. A thread of its own watches, which takes some 10 MB; it asks by Node's
     * inspector, only in a turn that is too long. Nothing is watched while a debugger may be attached.
     *
     * @defaultValue false
     */
    blockedLoop?: BlockedLoopOptions | false | undefined;
    /**
     * Whether spans are made where an OpenTelemetry SDK is active when the plugin is registered: of requests that no
     * instrumentation has given one, of outgoing calls below a span, of a breaker's attempts and of health checks. They go
     * where the SDK sends its spans. Paths have no query and errors no secrets. Where the app has started Sentry, which
     * traces by itself, there are none.
     *
     * @defaultValue true
     */
    spans?: boolean | undefined;
}

/**
 * Logs, ids, metrics, traces and error tracking for Fastify: one line a request, one record a route.
 *
 * @example
 * const app = Fastify({ ...observabilityServerOptions() })
 * await app.register(observability)
 */
declare const observability: FastifyPluginAsync<ObservabilityOptions>;

/** Events of which Fastify informs its log only. */
interface LogEvents {
    /** A stream failed after its headers had gone out. */
    streamFailed(error: Error, request: FastifyRequest): void;
    /** A request was rejected with 503, without hooks, because the server is closing. */
    rejectedWhileClosing(logger: FastifyBaseLogger): void;
    /** A request was rejected with 404, without hooks, because no router has its method. Only HTTP/2 allows it. */
    unknownMethod(request: FastifyRequest, reply: FastifyReply): void;
}
/** A log controller with one listener. */
interface OneLineLogController extends LogController {
    /** Sends the events to the plugin, which writes the lines from now on. */
    listen(events: LogEvents): void;
}

/** Fastify's `childLoggerFactory`. */
type ChildLoggerFactory = (this: FastifyInstance, logger: FastifyBaseLogger, bindings: object, options: object, raw: IncomingMessage) => FastifyBaseLogger;

/**
 * Options that only Fastify's constructor can apply. Set `correlation` and `logging` here alone, or here and in the plugin.
 *
 * @example
 * const options: ObservabilityServerOptions = { level: 'debug', correlation: { trust: ['10.0.0.0/8'] } }
 * const app = Fastify({ ...observabilityServerOptions(options) })
 */
interface ObservabilityServerOptions {
    /**
     * See the plugin's option.
     *
     * @defaultValue `{}`
     */
    correlation?: CorrelationOptions | undefined;
    /**
     * See the plugin's option.
     *
     * @defaultValue `{}`
     */
    logging?: LoggingOptions | false | undefined;
    /**
     * The lowest level that is logged.
     *
     * @defaultValue `LOG_LEVEL` of the environment, else 'info'
     * @throws RangeError for a level that pino does not have.
     */
    level?: LogLevel | 'silent' | undefined;
    /**
     * Further settings of pino: `transport`, `base`, `stream`, `errorKey`, … They take precedence. `false` logs nothing.
     *
     * @defaultValue `{}`
     * @throws RangeError for `nestedKey` beside a platform's `logging.schema`, whose fields have their places.
     */
    logger?: Record<string, unknown> | false | undefined;
    /**
     * The app's own pino, in place of `logger` and `level`. Ids and the lines of requests are the same. Level, names of
     * pino's own fields and serializers are those of the app.
     *
     * @defaultValue none: Fastify makes the logger
     * @throws RangeError beside `logger` or `level`.
     */
    loggerInstance?: FastifyBaseLogger | undefined;
}
/**
 * The constructor options to spread into `Fastify({ … })`, except the logger.
 *
 * @example
 * const settings: FastifyServerSettings = observabilityServerOptions()
 * const app = Fastify({ genReqId: settings.genReqId, logController: settings.logController })
 */
interface FastifyServerSettings {
    /** Accepts or makes the correlation id. */
    genReqId: (raw: IncomingMessage | Http2ServerRequest) => string;
    /** Makes the logger of each request, with its ids. */
    childLoggerFactory: ChildLoggerFactory;
    /** Replaces Fastify's own lines about requests. */
    logController: OneLineLogController;
    /** Answers requests that Fastify rejects before any hook, such as malformed URLs. */
    frameworkErrors: EarlyRejectionOptions['frameworkErrors'];
    /** Answers bytes that are no valid request. */
    clientErrorHandler: EarlyRejectionOptions['clientErrorHandler'];
}
/**
 * With settings of a logger, or without a logger.
 *
 * @example
 * const settings: WithLogger = observabilityServerOptions()
 * const app = Fastify({ ...settings, logger: false })
 */
interface WithLogger extends FastifyServerSettings {
    logger: Record<string, unknown> | false;
}
/**
 * With the app's own logger, whose type is kept.
 *
 * @example
 * const build = <L extends FastifyBaseLogger>(loggerInstance: L): WithLoggerInstance<L> => observabilityServerOptions({ loggerInstance })
 * build(Fastify().log)
 */
interface WithLoggerInstance<Logger extends FastifyBaseLogger> extends FastifyServerSettings {
    loggerInstance: Logger;
}
/**
 * The constructor options: ids that are validated before the request's logger exists, a logger that keeps secrets out,
 * and handlers of requests that are rejected before any hook.
 *
 * @example
 * const app = Fastify({ ...observabilityServerOptions() })
 * await app.register(observability)
 * @throws RangeError with the code `INVALID_OPTION` for an option that cannot work.
 */
declare function observabilityServerOptions<Logger extends FastifyBaseLogger>(options: ObservabilityServerOptions & {
    loggerInstance: Logger;
}): WithLoggerInstance<Logger>;
declare function observabilityServerOptions(options?: ObservabilityServerOptions & {
    loggerInstance?: undefined;
}): WithLogger;
declare function observabilityServerOptions(options: ObservabilityServerOptions): WithLogger | WithLoggerInstance<FastifyBaseLogger>;

export { observability as default, observability, observabilityServerOptions };
export type { BlockedLoopOptions, BufferOptions, BuildInfo, CorrelationOptions, DetailsOptions, ErrorContext, ErrorJson, ErrorSink, ErrorTrackingOptions, FastifyServerSettings, Job, JobOptions, LatencyRulesOptions, LogLevel, LogSchema, LoggingOptions, ManagementListener, ManagementOptions, MetricsLabel, MetricsOptions, MetricsRegistry, Observability, ObservabilityOptions, ObservabilityServerOptions, OtlpLogsOptions, OtlpOptions, OutcomeLevels, RouteObservability, WithLogger, WithLoggerInstance };

// @seaworthy/observability: apm
/** An agent that can be started. */
type Vendor = 'newrelic' | 'datadog' | 'elastic' | 'opentelemetry';

/** The agent that runs in this process. */
interface ApmHandle {
    readonly vendor: Vendor;
    /** Sends the data that the agent has gathered, within `timeout` **milliseconds**. Never rejects. */
    flush(timeout: number): Promise<void>;
}

/** The running agent, or `undefined` where the environment names none. */
declare const apm: ApmHandle | undefined;

export { apm };
export type { ApmHandle, Vendor };
