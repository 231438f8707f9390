// @seaworthy/shutdown: index
import { FastifyPluginAsync } from 'fastify';

/**
 * How long the service continues to serve after its shutdown has started.
 *
 * @example
 * const drainDelay: DrainDelay = { min: 1000, max: 10_000 }
 * await app.register(shutdown, { drainDelay })
 */
interface DrainDelay {
    /**
     * The shortest delay. Milliseconds, 0 to 600000.
     *
     * @defaultValue 2000
     */
    min?: number | undefined;
    /**
     * The longest delay. Milliseconds, 0 to 600000, not below `min`.
     *
     * @defaultValue 15000
     */
    max?: number | undefined;
}
/**
 * Options of the shutdown plugin. All are optional.
 *
 * @example
 * const options: ShutdownOptions = { timeout: 20_000, signals: ['SIGTERM'] }
 * await app.register(shutdown, options)
 */
interface ShutdownOptions {
    /**
     * The signals that start the shutdown. A second signal exits at once, with code 128 + its number; one within 500 ms
     * counts as the first, because wrappers pass signals on.
     *
     * @defaultValue ['SIGTERM', 'SIGINT']
     * @throws RangeError for a signal that cannot be caught.
     */
    signals?: readonly NodeJS.Signals[] | undefined;
    /**
     * How long the service continues to serve, not ready, before it stops listening: the time that load balancers need
     * to route elsewhere. Milliseconds, 0 to 600000. The delay ends between `min` and `max`, when traffic has moved: a
     * few connections are closed with a response, and their clients no longer come back. A number is `min`.
     *
     * @defaultValue `{ min: 2000, max: 15000 }`, shorter to fit `gracePeriod`; both 0 where that is below 3000, on a terminal, with `NODE_ENV=development`, in a cluster worker and under PM2
     * @throws RangeError when `min` is above `max`, or one of them is not a whole number from 0 to 600000.
     */
    drainDelay?: number | DrainDelay | undefined;
    /**
     * How long requests in flight have after the service stopped listening. Milliseconds, 0 to 3600000. After that, the
     * remaining requests are logged and cut, and the exit code is 1.
     *
     * @defaultValue 10000, less to fit `gracePeriod`: then what the drain has left is added
     */
    timeout?: number | undefined;
    /**
     * How long event streams and WebSockets have to end by themselves after the service stopped listening.
     * Milliseconds, 0 to 3600000. Then streams are ended and WebSockets are closed with 1001.
     *
     * @defaultValue `1000`; 0 on a terminal and with `NODE_ENV=development`
     */
    streamGrace?: number | undefined;
    /**
     * How long one resource has to close, unless it is registered with another timeout. Milliseconds, 1 to 3600000.
     *
     * @defaultValue 3000
     */
    resourceTimeout?: number | undefined;
    /**
     * How long all `onClose` hooks and resources have together. Milliseconds, 1 to 3600000. The timeouts of resources
     * that are registered with one are added.
     *
     * @defaultValue 5000, less to fit `gracePeriod`
     */
    closeTimeout?: number | undefined;
    /**
     * How long telemetry and logs have to be sent, all at the same time. Milliseconds, 1 to 3600000.
     *
     * @defaultValue 2000, less to fit `gracePeriod`
     */
    flushTimeout?: number | undefined;
    /**
     * Whether an uncaught exception or unhandled rejection shuts the service down: requests in flight are answered, for
     * `timeout` at most (milliseconds, 0 to 3600000), and the exit code is 1. `false` leaves such errors to other
     * listeners and to Node, and so does a process of node:test, Vitest, Jest, tap, AVA or Mocha.
     *
     * @defaultValue { timeout: 3000 }
     */
    fatal?: boolean | {
        timeout?: number | undefined;
    } | undefined;
    /**
     * How long the platform waits before it kills the process. Milliseconds, 1 to 3600000. Defaults are shortened in
     * proportion to fit into 85 % of it; the start warns when the options do not fit.
     *
     * @defaultValue `TERMINATION_GRACE_PERIOD_SECONDS` from the environment, in seconds; else the default of the platform: Kubernetes, ECS, Heroku and Render 30000, Cloud Run 10000, Fly and Nomad 5000, PM2 `kill_timeout` or 1600, `fastify start` its delay or 500, systemd 45000 (with `NOTIFY_SOCKET` it is notified instead); else 10000, as `docker stop`; none for a developer
     * @throws RangeError when that variable is not a whole number.
     */
    gracePeriod?: number | undefined;
    /**
     * Whether to exchange messages with PM2 or another parent process: `ready` is sent when the app listens, and a
     * `shutdown` message starts the shutdown.
     *
     * @defaultValue `true` under PM2 and in a cluster worker
     */
    pm2?: boolean | undefined;
    /**
     * Whether to send the state to systemd, through `systemd-notify`: ready, stopping, and the watchdog.
     *
     * @defaultValue `true` where `NOTIFY_SOCKET` is set
     */
    systemd?: boolean | undefined;
    /**
     * Exits the process with the exit code: after a clean shutdown the `process.exitCode` that the app has set, else 0;
     * 1 otherwise. `false` leaves the process running: for tests, and for apps that other code
     * ends.
     *
     * @defaultValue process.exit
     */
    exit?: false | ((code: number) => void) | undefined;
}

/**
 * Graceful shutdown for Fastify: a drain that loses no request.
 *
 * @example
 * const app = Fastify({ ...shutdownServerOptions() })
 * await app.register(shutdown)
 * app.shutdown.onShutdown('database', async () => undefined) // await pool.end()
 */
declare const shutdown: FastifyPluginAsync<ShutdownOptions>;

/**
 * Options of {@link preflight}. Only `script` is required.
 *
 * @example
 * const options: PreflightOptions = { script: 'src/server.js', timeout: 60_000, env: { NODE_ENV: 'production' } }
 * await preflight(options)
 */
interface PreflightOptions {
    /**
     * The script that starts the service; it listens on the port in `PORT`.
     *
     * @defaultValue none: it is required
     */
    script: string;
    /**
     * Arguments of the script.
     *
     * @defaultValue []
     */
    args?: readonly string[] | undefined;
    /**
     * Arguments of Node itself.
     *
     * @defaultValue `process.execArgv`, those of this process
     */
    nodeArgs?: readonly string[] | undefined;
    /**
     * The port for the trial. A whole number, 1 to 65535.
     *
     * @defaultValue a free one
     */
    port?: number | undefined;
    /**
     * The path that responds with 2xx once the service is ready: over http, or over TLS or HTTP/2 where the service speaks
     * only these. Its certificate is not checked.
     *
     * @defaultValue '/health/ready'
     */
    path?: string | undefined;
    /**
     * How long the service has to become ready. Milliseconds, at least 0.
     *
     * @defaultValue 30000
     */
    timeout?: number | undefined;
    /**
     * Variables to add to the environment, or to remove where the value is `undefined`.
     *
     * @defaultValue {}
     */
    env?: NodeJS.ProcessEnv | undefined;
    /**
     * Aborts the trial; the release is stopped then too.
     *
     * @defaultValue none: the trial is not aborted
     */
    signal?: AbortSignal | undefined;
}
/**
 * The result of a trial.
 *
 * @example
 * const result: PreflightResult = await preflight({ script: 'src/server.js' })
 * process.exitCode = result.ok ? 0 : 1
 */
interface PreflightResult {
    ok: boolean;
    /** Why it failed, or how long it took. */
    reason: string;
    /** The end of the release's output. */
    output: string;
}
/**
 * Boots a release on a spare port, waits until it is ready, and stops it. A supervisor that replaces workers whether
 * the new ones work or not (`pm2 reload`) is safe behind this: run it first, and reload only when it is `ok`.
 *
 * @example
 * const { ok, reason, output } = await preflight({ script: 'src/server.js' })
 * if (!ok) throw new Error(`${reason}\n${output}`)
 */
declare function preflight(options: PreflightOptions): Promise<PreflightResult>;

/**
 * The constructor options to spread into `Fastify({ … })`.
 *
 * @example
 * const settings: ShutdownServerSettings = shutdownServerOptions()
 * const app = Fastify({ ...settings })
 */
interface ShutdownServerSettings {
    /**
     * Whether requests on open connections are rejected with 503 while `app.close()` runs.
     *
     * @defaultValue false
     */
    return503OnClosing: false;
}
/**
 * The options that only Fastify's constructor can set: `Fastify(shutdownServerOptions())`. With them, a request that
 * arrives on an open connection while `app.close()` runs is served instead of rejected with 503.
 *
 * @example
 * const app = Fastify({ ...shutdownServerOptions() })
 * await app.register(shutdown)
 * @param options - The same options as the plugin's; they are checked.
 * @throws RangeError with the code `INVALID_OPTION` for a wrong option.
 */
declare function shutdownServerOptions(options?: ShutdownOptions): ShutdownServerSettings;

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

/** `running` → `draining` (serves, not ready) → `closing` (listeners closed) → `closed`. */
type LifecycleState = 'running' | 'draining' | 'closing' | 'closed';
/** The phases of a shutdown, and what runs in them. Provided by shutdown. */
interface Lifecycle {
    readonly state: LifecycleState;
    /** Called once, synchronously, when draining starts. Errors are logged. */
    onDrain(fn: (reason: string) => void): void;
    /** Starts the shutdown, once. A provider of an earlier version lacks it. */
    begin?(reason?: string): Promise<unknown>;
    /** Closes a resource after the last response, in reverse order of registration. `timeout` in milliseconds. */
    onShutdown(name: string, fn: () => unknown, options?: {
        timeout?: number | undefined;
    }): void;
    /** Flushes telemetry and logs, after the resources. `timeout` in milliseconds. */
    onFlush(name: string, fn: () => unknown, options?: {
        timeout?: number | undefined;
    }): void;
}

/**
 * Options of {@link Shutdown.onShutdown}.
 *
 * @example
 * const options: OnShutdownOptions = { phase: 'consumers', timeout: 10_000 }
 * app.shutdown.onShutdown('queue', async () => undefined, options)
 */
interface OnShutdownOptions {
    /**
     * How long it may take. Milliseconds, 1 to 3600000.
     *
     * @defaultValue `resourceTimeout`; of a consumer, the time until the requests in flight are cut
     * @throws RangeError outside that range.
     */
    timeout?: number | undefined;
    /**
     * When it is called. `consumers` (queues, timers, subscriptions) all stop at the same time as soon as draining starts,
     * so that no new work begins. `resources` (pools, connections) close one after another, last registered first, after
     * the last response, the consumers and all background work.
     *
     * @defaultValue 'resources'
     */
    phase?: 'consumers' | 'resources' | undefined;
}
/**
 * The shutdown of the service: `app.shutdown`.
 *
 * @example
 * app.shutdown.onDrain((reason) => console.log(`draining: ${reason}`))
 * app.shutdown.onShutdown('database', async () => undefined, { timeout: 5000 })
 * console.log(app.shutdown.state, app.shutdown.budget)
 */
interface Shutdown extends Lifecycle {
    /** Stops a consumer, or closes a resource. It may be asynchronous; its failure makes the exit code 1. */
    onShutdown(name: string, fn: () => unknown, options?: OnShutdownOptions): void;
    /**
     * Runs work that no response waits for. A shutdown waits for it within `timeout`; what it cuts is named in the log with
     * name, id and age, and the exit code is 1. A failure is logged, reported and counted; it does not end the process.
     *
     * @param name - Of the log and the metrics; one of few.
     * @param fn - Its signal aborts when the shutdown has no time left.
     * @returns Settles as the function does. Nothing has to handle a rejection.
     */
    track<T>(name: string, fn: (signal: AbortSignal) => T | Promise<T>): Promise<T>;
    /**
     * Starts the shutdown, once. A handler must not await it: the shutdown waits for its response.
     *
     * @param reason - For the log, and for `onDrain`.
     * @returns Resolves with the exit code when everything has ended. The process exits then, unless `exit` is `false`.
     * Where requests were in flight at the call, one of them may await this: shortly before they are cut it resolves with 1.
     */
    begin(reason?: string): Promise<number>;
    /** **Milliseconds** that the shutdown may take. The platform's grace period must be longer. */
    readonly budget: number;
}
interface ShutdownDecorators {
    /** The shutdown of the service. */
    shutdown: Overridable<this, Shutdown>;
}
interface BackgroundRequest {
    /**
     * Lets work go on after the response: a shutdown waits for it within its limits, and names it where it is cut. A
     * rejection is logged with the request's id, reported and counted; it does not end the process.
     *
     * @param promise - The work, which has begun.
     * @param name - Of the log and the metrics; one of few. Without it: method and route.
     */
    waitUntil: Overridable<this, (promise: PromiseLike<unknown>, name?: string) => void>;
}
declare module 'fastify' {
    interface FastifyInstance extends ShutdownDecorators {
    }
    interface FastifyRequest extends BackgroundRequest {
    }
}

export { shutdown as default, preflight, shutdown, shutdownServerOptions };
export type { DrainDelay, OnShutdownOptions, PreflightOptions, PreflightResult, Shutdown, ShutdownOptions, ShutdownServerSettings };

// @seaworthy/shutdown: cli
#!/usr/bin/env node
