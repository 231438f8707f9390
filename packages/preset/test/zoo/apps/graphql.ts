import mercurius from 'mercurius'
import { postJson, type ZooApp } from '../zoo-app.ts'

export const graphql: ZooApp = {
  name: 'mercurius with GraphiQL',
  async build(app) {
    await app.register(mercurius, {
      schema: 'type Query { add(x: Int, y: Int): Int, broken: Int }',
      resolvers: {
        Query: {
          add: async (_root: unknown, { x, y }: { x: number; y: number }) => x + y,
          broken: async () => {
            throw new Error('no such number')
          }
        }
      },
      graphiql: true
    })
  },
  requests: [
    postJson('/graphql', { query: '{ add(x: 2, y: 3) }' }, 200, /"add":5/),
    postJson('/graphql', { query: '{ broken }' }, 200, /no such number/),
    postJson('/graphql', { query: '{ unknown }' }, 400, /unknown/),
    postJson(
      '/graphql',
      { query: 'query a($x: Int) { add(x: $x, y: 1) }', variables: { x: 1 }, extensions: {} },
      200
    ),
    { url: '/graphql?query=%7Badd(x:1,y:1)%7D', status: 200, has: /"add":2/ },
    { url: '/graphiql', status: 200, has: /<script/ },
    { url: '/graphiql/main.js', status: 200 }
  ]
}
