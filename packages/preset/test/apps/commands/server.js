import { build } from './healthy.js'

const app = await build()
await app.listen({ port: Number(process.env.PORT ?? 0) })
app.log.info(app.server.address().port)
