export default async function support(fastify) {
  fastify.get('/', async () => fastify.someSupport())
}
