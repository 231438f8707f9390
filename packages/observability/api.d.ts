// @seaworthy/observability: index
import { FastifyPluginAsync } from 'fastify';

/** Options of the observability plugin. Every one may be left out. */
interface ObservabilityOptions {
    /**
     * Whether the plugin does anything.
     *
     * @defaultValue true
     */
    enabled?: boolean;
}

/** Logs, ids, metrics, traces and error tracking for Fastify: one line a request, one record a route. */
declare const observability: FastifyPluginAsync<ObservabilityOptions>;

export { observability as default, observability };
export type { ObservabilityOptions };
