// @seaworthy/shutdown: index
import { FastifyPluginAsync } from 'fastify';

/** How long the service goes on serving after it has been told to end. */
interface DrainDelay {
    /** **Milliseconds** at least, 0 to 600000. */
    min?: number;
    /** **Milliseconds** at most, 0 to 600000, not below `min`. */
    max?: number;
}
/** Options of the shutdown plugin. Every one may be left out. */
interface ShutdownOptions {
    /**
     * The signals that start the shutdown. A second one ends the process at once, with 128 + its number.
     *
     * @defaultValue ['SIGTERM', 'SIGINT']
     */
    signals?: readonly NodeJS.Signals[];
    /**
     * How long the service goes on serving, not ready, before it stops listening, in **milliseconds**: the time that
     * balancers need to move on. Between `min` and `max` the end is found by watching: a few connections are closed
     * with their answer, and when their clients no longer come back, traffic has moved. A number is `min`.
     *
     * @defaultValue `{ min: 2000, max: 15000 }`; both 0 on a terminal, with `NODE_ENV=development`, and in a cluster worker
     * @throws RangeError when `min` is above `max`, or one of them isn't a whole number from 0 to 600000.
     */
    drainDelay?: number | DrainDelay;
    /**
     * How long requests in flight have after the service stopped listening, in **milliseconds**, 0 to 3600000. What is
     * left then is named in the log and cut, and the exit code is 1.
     *
     * @defaultValue 10000
     */
    timeout?: number;
    /**
     * How long event streams and WebSockets have to end by themselves after the service stopped listening, in
     * **milliseconds**, 0 to 3600000. Then streams are ended and WebSockets are closed with 1001.
     *
     * @defaultValue `1000`; 0 on a terminal and with `NODE_ENV=development`
     */
    streamGrace?: number;
    /**
     * How long one resource has to close, in **milliseconds**, 1 to 3600000, unless it says otherwise.
     *
     * @defaultValue 3000
     */
    resourceTimeout?: number;
    /**
     * How long all `onClose` hooks and resources have together, in **milliseconds**, 1 to 3600000. Resources with a
     * timeout of their own come on top.
     *
     * @defaultValue 5000
     */
    closeTimeout?: number;
    /**
     * How long telemetry and logs have to leave, in **milliseconds**, 1 to 3600000: all of them at the same time.
     *
     * @defaultValue 2000
     */
    flushTimeout?: number;
    /**
     * Whether an uncaught exception or unhandled rejection ends the service: requests in flight are answered, for
     * `timeout` **milliseconds** at most (0 to 3600000), and the exit code is 1. `false` leaves them to others.
     *
     * @defaultValue { timeout: 3000 }
     */
    fatal?: boolean | {
        timeout?: number;
    };
    /**
     * What the platform waits before it kills, in **milliseconds**. When the shutdown may need more, the start says so.
     *
     * @defaultValue `TERMINATION_GRACE_PERIOD_SECONDS` from the environment, in seconds
     */
    gracePeriod?: number;
    /**
     * Whether to speak to PM2 (or another parent): `ready` is sent when listening, `shutdown` starts the shutdown.
     *
     * @defaultValue `true` under PM2 and in a cluster worker
     */
    pm2?: boolean;
    /**
     * Whether to speak to systemd, through `systemd-notify`: ready, stopping, and the watchdog.
     *
     * @defaultValue `true` where `NOTIFY_SOCKET` is set
     */
    systemd?: boolean;
    /**
     * Ends the process, with the exit code. `false` leaves the process alone, for tests and for several apps that
     * somebody else ends.
     *
     * @defaultValue process.exit
     */
    exit?: false | ((code: number) => void);
}

/** Graceful shutdown for Fastify: a drain that loses no request. */
declare const shutdown: FastifyPluginAsync<ShutdownOptions>;

/** What to spread into `Fastify({ … })`. */
interface ShutdownServerSettings {
    return503OnClosing: false;
}
/**
 * What only Fastify's constructor can set: `Fastify(shutdownServerOptions())`. With it, a request that comes on an
 * open connection while `app.close()` runs is served instead of being answered with 503.
 *
 * @param options - The same options that the plugin gets; they are checked.
 */
declare function shutdownServerOptions(options?: ShutdownOptions): ShutdownServerSettings;

/** `running` → `draining` (serves, not ready) → `closing` (listeners closed) → `closed`. */
type LifecycleState = 'running' | 'draining' | 'closing' | 'closed';
/** How the service ends. Provided by shutdown. */
interface Lifecycle {
    readonly state: LifecycleState;
    /** Called once, synchronously, when draining starts. Errors are logged. */
    onDrain(fn: (reason: string) => void): void;
    /** Closes a resource after the last answer, in reverse order of registration. `timeout` in milliseconds. */
    onShutdown(name: string, fn: () => unknown, options?: {
        timeout?: number;
    }): void;
    /** Sends out telemetry and logs, after the resources. `timeout` in milliseconds. */
    onFlush(name: string, fn: () => unknown, options?: {
        timeout?: number;
    }): void;
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

/** How the service ends: `app.shutdown`. */
interface Shutdown extends Lifecycle {
    /**
     * Starts the shutdown, once; later calls give the same promise.
     *
     * @param reason - For the log, and for `onDrain`.
     * @returns Resolves with the exit code when everything has ended. The process exits then, unless `exit` is `false`.
     */
    begin(reason?: string): Promise<number>;
    /** **Milliseconds** that the shutdown may take: what a platform's grace period must exceed. */
    readonly budget: number;
}
interface ShutdownDecorators {
    /** How the service ends. */
    shutdown: Overridable<this, Shutdown>;
}
declare module 'fastify' {
    interface FastifyInstance extends ShutdownDecorators {
    }
}

/** What to try, and how long. Only `script` is needed. */
interface PreflightOptions {
    /** The script that starts the service; it listens on the port in `PORT`. */
    script: string;
    /**
     * Arguments of the script.
     *
     * @defaultValue []
     */
    args?: readonly string[];
    /**
     * Arguments of Node itself.
     *
     * @defaultValue Those of this process
     */
    nodeArgs?: readonly string[];
    /**
     * The port to try it on.
     *
     * @defaultValue A free one
     */
    port?: number;
    /**
     * What answers 2xx once the service is ready.
     *
     * @defaultValue '/health/ready'
     */
    path?: string;
    /**
     * **Milliseconds** until it must be ready.
     *
     * @defaultValue 30000
     */
    timeout?: number;
    /**
     * Added to the environment, or taken away where `undefined`.
     *
     * @defaultValue {}
     */
    env?: NodeJS.ProcessEnv;
    /** Gives up early; the release is stopped then too. */
    signal?: AbortSignal;
}
/** How the release did. */
interface PreflightResult {
    ok: boolean;
    /** Why not, or how long it took. */
    reason: string;
    /** The last of what it wrote. */
    output: string;
}
/**
 * Boots a release on a spare port, waits until it is ready, and stops it. A supervisor that replaces workers whether
 * the new ones work or not (`pm2 reload`) is safe behind this: run it first, and reload only when it is `ok`.
 */
declare function preflight(options: PreflightOptions): Promise<PreflightResult>;

export { shutdown as default, preflight, shutdown, shutdownServerOptions };
export type { DrainDelay, PreflightOptions, PreflightResult, Shutdown, ShutdownOptions, ShutdownServerSettings };

// @seaworthy/shutdown: cli
#!/usr/bin/env node
