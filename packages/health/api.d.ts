// @seaworthy/health: index
import { FastifyPluginAsync } from 'fastify';

/** Options of the health plugin. Every one may be left out. */
interface HealthOptions {
    /**
     * Whether the plugin does anything.
     *
     * @defaultValue true
     */
    enabled?: boolean;
}

/** Liveness, readiness and startup probes for Fastify. */
declare const health: FastifyPluginAsync<HealthOptions>;

export { health as default, health };
export type { HealthOptions };
