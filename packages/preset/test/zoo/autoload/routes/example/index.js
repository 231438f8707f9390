export default async function example(fastify) {
  fastify.get('/', async () => 'this is an example')
}
