import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { resolveOptions, type PresetOptions } from './options.ts'

const plugin: FastifyPluginAsync<PresetOptions> = async (fastify, options) => {
  const { enabled } = resolveOptions(options)
  fastify.log.debug({ enabled }, 'preset registered')
}

/** Everything a production Fastify service needs, with one register. */
export const preset: FastifyPluginAsync<PresetOptions> = fp(plugin, {
  name: '@seaworthy/preset',
  fastify: '5.x'
})
