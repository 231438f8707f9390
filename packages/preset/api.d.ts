// fastify-seaworthy: index
import { AuthOptions } from '@seaworthy/auth';
export { AuthOptions } from '@seaworthy/auth';
import { ErrorsOptions } from '@seaworthy/errors';
export { ErrorsOptions } from '@seaworthy/errors';
import { HealthOptions } from '@seaworthy/health';
export { HealthOptions } from '@seaworthy/health';
import { ObservabilityOptions, ObservabilityServerOptions } from '@seaworthy/observability';
export { ObservabilityOptions } from '@seaworthy/observability';
import { ResilienceOptions } from '@seaworthy/resilience';
export { ResilienceOptions } from '@seaworthy/resilience';
import { SecurityOptions, SecurityServerOptions } from '@seaworthy/security';
export { SecurityOptions } from '@seaworthy/security';
import { ShutdownOptions } from '@seaworthy/shutdown';
export { ShutdownOptions } from '@seaworthy/shutdown';
import { Secret } from '@seaworthy/contract';
export { Secret } from '@seaworthy/contract';
import { FastifyListenOptions, FastifyPluginAsync, FastifyServerOptions } from 'fastify';
import { Redis } from 'ioredis';

/** One variable: a small part of JSON Schema, and what the documents say of it. */
interface VariableSchema {
    readonly type: 'string' | 'integer' | 'number' | 'boolean';
    readonly description?: string;
    readonly default?: string | number | boolean;
    readonly enum?: readonly string[];
    readonly minimum?: number;
    readonly maximum?: number;
    readonly minLength?: number;
    readonly pattern?: string;
    /** What the pattern asks for, in words. */
    readonly rule?: string;
    /** The value becomes a `Secret`: nothing prints it. */
    readonly secret?: true;
    /** What the example file shows. Never a usable secret. */
    readonly example?: string;
}
/** The variables of an app. */
interface EnvironmentSchema {
    readonly properties: Readonly<Record<string, VariableSchema>>;
    readonly required?: readonly string[];
}
type ValueOf<V extends VariableSchema> = V extends {
    secret: true;
} ? Secret : V extends {
    enum: readonly (infer Allowed)[];
} ? Allowed : V extends {
    type: 'string';
} ? string : V extends {
    type: 'boolean';
} ? boolean : number;
type Always<S extends EnvironmentSchema> = {
    [K in keyof S['properties']]: S['properties'][K] extends {
        default: unknown;
    } ? K : K extends (S extends {
        required: readonly (infer R)[];
    } ? R : never) ? K : never;
}[keyof S['properties']];
/** What the variables become: typed by their schema, optional unless required or defaulted. */
type EnvironmentOf<S extends EnvironmentSchema> = {
    [K in Always<S>]: ValueOf<S['properties'][K]>;
} & {
    [K in Exclude<keyof S['properties'], Always<S>>]?: ValueOf<S['properties'][K]>;
};

/**
 * An example file from the schema: every variable with its meaning, and no usable secret.
 *
 * @param extra - Your own variables, as given to `fromEnv`.
 */
declare function environmentExample(extra?: EnvironmentSchema): string;

/** How a part is switched: `false` leaves it out, `true` takes its defaults, an object is its options. */
type PartOptions<T> = boolean | T;
/** Where Redis or Valkey is. */
interface RedisConnection {
    /** Host name or address. */
    host: string;
    /** TCP port, 1–65535. Default 6379. */
    port?: number;
    /** User of an access control list. */
    username?: string;
    /** Password; a {@link Secret} is never printed. */
    password?: string | Secret;
    /** Database number. Default 0. */
    db?: number;
    /** Whether to speak TLS. Default false. */
    tls?: boolean;
}
/** A client that you made and will close, or where to connect. */
type RedisOption = RedisConnection | Redis;
/** The plugin's options, and what its constructor part adds: `level` and `logger`. */
type ObservabilityPart = ObservabilityOptions & Pick<ObservabilityServerOptions, 'level' | 'logger'>;
/** The plugin's options, and its constructor part's: `trustProxy`, `bodyLimit`, timeouts. */
type SecurityPart = SecurityOptions & SecurityServerOptions;
/** Options of the preset: one key a part. Every one may be left out. */
interface SeaworthyOptions {
    /**
     * Logs, ids, metrics, error tracking, the management listener.
     *
     * @defaultValue true
     */
    observability?: PartOptions<ObservabilityPart>;
    /**
     * One error shape for every answer.
     *
     * @defaultValue true
     */
    errors?: PartOptions<ErrorsOptions>;
    /**
     * Signals, drain, resources closed in order.
     *
     * @defaultValue true
     */
    shutdown?: PartOptions<ShutdownOptions>;
    /**
     * Liveness, readiness and startup probes.
     *
     * @defaultValue true
     */
    health?: PartOptions<HealthOptions>;
    /**
     * Breakers, deadlines, load shedding.
     *
     * @defaultValue true
     */
    resilience?: PartOptions<ResilienceOptions>;
    /**
     * Security headers, CORS, rate limits, strict validation.
     *
     * @defaultValue true
     */
    security?: PartOptions<SecurityPart>;
    /**
     * Tokens, sessions, OAuth2, API keys, roles.
     *
     * @defaultValue true
     */
    auth?: PartOptions<AuthOptions>;
    /**
     * One Redis or Valkey for everything that is shared between processes: rate limits, revocation, refresh tokens,
     * sessions. A client of yours, which you close, or a connection, which the preset opens, checks in readiness
     * (not critical: each user of it has a policy for its absence) and closes last.
     *
     * @defaultValue none: state is kept in memory, per process
     */
    redis?: RedisOption | undefined;
}

/**
 * Every variable that the preset reads. Types, checks, `.env.example` and the README's table all come from here.
 * Each may also be given as `NAME_FILE`, the path of a file that holds the value.
 */
declare const environmentSchema: {
    readonly properties: {
        readonly NODE_ENV: {
            readonly type: "string";
            readonly default: "production";
            readonly example: "production";
            readonly description: "The environment; `development` loosens cookies and delays, anything else is treated as production.";
        };
        readonly HOST: {
            readonly type: "string";
            readonly default: "127.0.0.1";
            readonly example: "0.0.0.0";
            readonly description: "Address to listen on. Containers need `0.0.0.0`.";
        };
        readonly PORT: {
            readonly default: 3000;
            readonly description: "Port to listen on. 0 takes a free one.";
            readonly type: "integer";
            readonly minimum: 0;
            readonly maximum: 65535;
        };
        readonly LOG_LEVEL: {
            readonly type: "string";
            readonly enum: readonly ["fatal", "error", "warn", "info", "debug", "trace", "silent"];
            readonly default: "info";
            readonly description: "The lowest level that is written.";
        };
        readonly SLOW_THRESHOLD: {
            readonly type: "integer";
            readonly minimum: 1;
            readonly description: "Milliseconds from which a request is slow.";
        };
        readonly TRUST_PROXY: {
            readonly type: "string";
            readonly example: "10.0.0.0/8";
            readonly description: "Addresses and CIDR ranges of the proxies in front, separated by commas. Without it nobody is trusted.";
        };
        readonly CORS_ORIGIN: {
            readonly type: "string";
            readonly example: "https://app.example.com";
            readonly description: "Origins that browsers may call from, separated by commas.";
        };
        readonly RATE_LIMIT_MAX: {
            readonly type: "integer";
            readonly minimum: 1;
            readonly description: "Requests per address and window.";
        };
        readonly RATE_LIMIT_WINDOW: {
            readonly type: "string";
            readonly example: "1 minute";
            readonly description: "The window: `30 seconds`, `1 minute`, or milliseconds.";
        };
        readonly REDIS_URL: {
            readonly type: "string";
            readonly secret: true;
            readonly pattern: "^rediss?://";
            readonly rule: "an address: redis://user:password@host:6379/0, or rediss:// for TLS";
            readonly description: "Redis or Valkey for state that processes share: `redis://user:password@host:6379/0`, `rediss://` for TLS. Or, in parts:";
        };
        readonly REDIS_HOST: {
            readonly type: "string";
            readonly example: "redis.example.com";
            readonly description: "Its host.";
        };
        readonly REDIS_PORT: {
            readonly minimum: 1;
            readonly default: 6379;
            readonly description: "Its port.";
            readonly type: "integer";
            readonly maximum: 65535;
        };
        readonly REDIS_USERNAME: {
            readonly type: "string";
            readonly description: "Its user.";
        };
        readonly REDIS_PASSWORD: {
            readonly type: "string";
            readonly secret: true;
            readonly description: "Its password.";
        };
        readonly REDIS_TLS: {
            readonly type: "boolean";
            readonly default: false;
            readonly description: "Whether to speak TLS with it.";
        };
        readonly JWT_SECRET: {
            readonly type: "string";
            readonly secret: true;
            readonly minLength: 32;
            readonly description: "Signs and verifies tokens: at least 32 random bytes, `openssl rand -base64 48`. Without it there are no tokens.";
        };
        readonly JWT_ISSUER: {
            readonly type: "string";
            readonly example: "https://api.example.com";
            readonly description: "Who issues the tokens (`iss`).";
        };
        readonly JWT_AUDIENCE: {
            readonly type: "string";
            readonly example: "https://api.example.com";
            readonly description: "Whom the tokens are for (`aud`).";
        };
        readonly SESSION_SECRET: {
            readonly type: "string";
            readonly secret: true;
            readonly minLength: 32;
            readonly description: "Seals session cookies: 32 random bytes in base64 or hex (`openssl rand -base64 32`), or, with `SESSION_SALT`, a passphrase.";
        };
        readonly SESSION_SALT: {
            readonly type: "string";
            readonly secret: true;
            readonly minLength: 16;
            readonly description: "Exactly 16 characters: derives the key from a passphrase, at the cost of seconds at start. A 32-byte key needs none.";
        };
        readonly SENTRY_DSN: {
            readonly type: "string";
            readonly secret: true;
            readonly pattern: "^https?://";
            readonly rule: "a URL";
            readonly description: "Where errors are sent.";
        };
        readonly SENTRY_TRACES_SAMPLE_RATE: {
            readonly type: "number";
            readonly minimum: 0;
            readonly maximum: 1;
            readonly description: "The share of requests that are traced.";
        };
        readonly MANAGEMENT_PORT: {
            readonly description: "Port of the operators' listener. Without it metrics stay on the app's port.";
            readonly type: "integer";
            readonly minimum: 0;
            readonly maximum: 65535;
        };
        readonly MANAGEMENT_HOST: {
            readonly type: "string";
            readonly default: "127.0.0.1";
            readonly description: "Address of the operators' listener.";
        };
        readonly MANAGEMENT_TOKEN: {
            readonly type: "string";
            readonly secret: true;
            readonly minLength: 16;
            readonly description: "Bearer token of the operators' listener.";
        };
        readonly MANAGEMENT_ALLOW: {
            readonly type: "string";
            readonly example: "10.0.0.0/8";
            readonly description: "Who may reach the operators' listener: addresses and CIDR ranges, separated by commas.";
        };
        readonly DRAIN_DELAY: {
            readonly type: "integer";
            readonly minimum: 0;
            readonly description: "Milliseconds to go on serving after a signal, at least.";
        };
        readonly SHUTDOWN_TIMEOUT: {
            readonly type: "integer";
            readonly minimum: 0;
            readonly description: "Milliseconds that requests in flight have.";
        };
        readonly SEAWORTHY_OFF: {
            readonly type: "string";
            readonly example: "security.cors,auth";
            readonly description: "Parts to leave out, separated by commas: `auth`, `security.rateLimit`.";
        };
    };
    readonly required: readonly [];
};
/** The preset's variables, checked and typed. */
type Environment = EnvironmentOf<typeof environmentSchema>;

/** Further options of {@link fromEnv}. */
interface FromEnvOptions<S extends EnvironmentSchema> {
    /** Your own variables, checked and typed with the preset's, and in `env`. A name of the preset's replaces its rule. */
    schema?: S;
}
/** What {@link fromEnv} gives: the preset's options, where to listen, and the checked variables. */
interface Config<E> extends SeaworthyOptions {
    /** The variables, typed. Secrets are `Secret`: `env.JWT_SECRET?.reveal()`. */
    env: E;
    /** For `app.listen`. */
    listen: FastifyListenOptions & {
        host: string;
        port: number;
    };
    redis?: RedisOption | undefined;
}
/**
 * Options from the environment: `const config = fromEnv()`, then `Fastify(serverOptions(config))`,
 * `app.register(seaworthy, config)` and `app.listen(config.listen)`.
 *
 * @param env - Where to read from, `process.env` by default.
 * @throws Error with `code: 'ERR_ENVIRONMENT'` and every problem at once: names and rules, never a value.
 */
declare function fromEnv<const S extends EnvironmentSchema = {
    properties: Record<never, never>;
}>(env?: NodeJS.ProcessEnv, { schema }?: FromEnvOptions<S>): Config<Environment & EnvironmentOf<S>>;

/** `backed off`: the app had registered something of its own that does the same. */
type PartState = 'on' | 'off' | 'backed off';
/** What became of one part, and why. */
interface PartReport {
    /** `health`, or a part of a part: `security.cors`. */
    part: string;
    state: PartState;
    /** In words: `default`, `options given`, `switched off`, `"@fastify/cors" was registered before`. */
    reason: string;
}
/** What `app.seaworthy.report()` gives. Holds no option's value, so no secret. */
interface Report {
    parts: PartReport[];
    /** What the constructor lacks, each with what is lost by it. Empty when it got `serverOptions()`. */
    missing: string[];
}

declare module 'fastify' {
    interface FastifyInstance {
        /** What the preset did. */
        seaworthy: {
            /** What is on, off and backed off, each with its reason, and what the constructor lacks. */
            report(): Report;
        };
    }
}
/** Everything a production Fastify service needs, each part `false`, `true` or its options. */
declare const seaworthy: FastifyPluginAsync<SeaworthyOptions>;

/**
 * What only Fastify's constructor can set, for all parts that are on: `Fastify(serverOptions(options))`.
 * Spread it first where you have options of your own: `Fastify({ ...serverOptions(options), bodyLimit: 2 ** 22 })`.
 *
 * @param options - The same options that the plugin gets.
 */
declare function serverOptions(options?: SeaworthyOptions): FastifyServerOptions;

export { seaworthy as default, environmentExample, environmentSchema, fromEnv, seaworthy, serverOptions };
export type { Config, Environment, EnvironmentOf, EnvironmentSchema, FromEnvOptions, ObservabilityPart, PartOptions, PartReport, PartState, RedisConnection, RedisOption, Report, SeaworthyOptions, SecurityPart, VariableSchema };

// fastify-seaworthy: cli
#!/usr/bin/env node
