import { makeApp } from './app.js'

export default class Service {
  constructor(app) {
    this.app = app
  }
}

const service = new Service(await makeApp())
await service.app.listen({ port: 3000 })
