// fastify-seaworthy: index
import { FastifyPluginAsync } from 'fastify';

/** Options of the preset plugin. Every one may be left out. */
interface PresetOptions {
    /**
     * Whether the plugin does anything.
     *
     * @defaultValue true
     */
    enabled?: boolean;
}

/** Everything a production Fastify service needs, with one register. */
declare const preset: FastifyPluginAsync<PresetOptions>;

export { preset as default, preset };
export type { PresetOptions };
