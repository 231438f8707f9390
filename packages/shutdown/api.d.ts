// @seaworthy/shutdown: index
import { FastifyPluginAsync } from 'fastify';

/** Options of the shutdown plugin. Every one may be left out. */
interface ShutdownOptions {
    /**
     * Whether the plugin does anything.
     *
     * @defaultValue true
     */
    enabled?: boolean;
}

/** Graceful shutdown for Fastify: a drain that loses no request. */
declare const shutdown: FastifyPluginAsync<ShutdownOptions>;

export { shutdown as default, shutdown };
export type { ShutdownOptions };
