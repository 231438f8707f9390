// @seaworthy/resilience: index
import { FastifyPluginAsync } from 'fastify';

/** Options of the resilience plugin. Every one may be left out. */
interface ResilienceOptions {
    /**
     * Whether the plugin does anything.
     *
     * @defaultValue true
     */
    enabled?: boolean;
}

/** Breakers, retries, bulkheads, deadlines and load shedding for Fastify. */
declare const resilience: FastifyPluginAsync<ResilienceOptions>;

export { resilience as default, resilience };
export type { ResilienceOptions };
