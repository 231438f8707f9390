import { health } from '@seaworthy/health'

export default async (app) => app.register(health)
