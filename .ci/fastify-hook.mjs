// Loaded before a test: `fastify` is the one of FASTIFY_FROM, for import and require, here and in processes started here.
import { registerHooks } from 'node:module'
import { pathToFileURL } from 'node:url'

const parentURL = pathToFileURL(`${process.env.FASTIFY_FROM}/index.js`).href

registerHooks({
  resolve: (specifier, context, next) =>
    next(specifier, /^fastify(?:\/|$)/.test(specifier) ? { ...context, parentURL } : context)
})
