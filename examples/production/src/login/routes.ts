import { UnauthorizedError } from '@seaworthy/errors'
import type { FastifyInstance } from 'fastify'
import type { Users } from '../users/repository.ts'
