'use strict'

const { resilience } = require('@seaworthy/resilience')
const { build, start } = require('./app.js')

// A breaker in front of something that is down: the answer comes from the fallback.
build({}, async (app) => {
  await app.register(resilience)
  const reviews = app.resilience.breaker(
    'reviews',
    async () => {
      throw new Error('the reviews service is down')
    },
    { fallback: () => [] }
  )
  app.get('/books/:id/reviews', async (request) => reviews.detailed(request))
}).then(start)
