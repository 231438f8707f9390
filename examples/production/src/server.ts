import type { AddressInfo } from 'node:net'
import { buildApp } from './app.ts'
import { readConfig } from './config.ts'
import { firstLook } from './first-look.ts'

try {
  const look = firstLook(process.env)
  const config = readConfig(look.env)
  const app = await buildApp(config)
  await app.listen(config.listen)

  const { address, port } = app.server.address() as AddressInfo
  const url = `http://${address === '0.0.0.0' || address === '::' ? '127.0.0.1' : address}:${port}`
  const operators = app.observability.management?.port
  const management = operators === undefined ? undefined : `http://127.0.0.1:${operators}`
  app.log.info({ url, management }, 'the service listens')
  look.welcome(url, management)
} catch (error) {
  // An error of the environment is printed as a sentence, without a stack.
  const { message, code, stack, address, port } = error as NodeJS.ErrnoException & {
    address?: string
    port?: number
  }
  const expected =
    ['ERR_ENVIRONMENT', 'ERR_DATABASE_UNREACHABLE'].includes(code ?? '') || error instanceof RangeError
  const inUse =
    code === 'EADDRINUSE' && `${address}:${port} is in use: choose another PORT, or stop what listens there`
  process.stderr.write(`${inUse || (expected ? message : (stack ?? message))}\n`)
  process.exit(1)
}
