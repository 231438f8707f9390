import 'reflect-metadata'
import { Controller, Get, Module, NotFoundException, Param } from '@nestjs/common'

// The effect of decorators such as `@Controller('cats')`, which Node cannot run yet.
export class CatsController {
  one(name) {
    if (name === 'unknown') throw new NotFoundException('no such cat')
    return { name }
  }
}
const descriptor = Object.getOwnPropertyDescriptor(CatsController.prototype, 'one')
Get(':name')(CatsController.prototype, 'one', descriptor)
Param('name')(CatsController.prototype, 'one', 0)
Controller('cats')(CatsController)

export class AppModule {}
Module({ controllers: [CatsController] })(AppModule)
