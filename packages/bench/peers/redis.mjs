// The Redis client that the measured plugins share.
export { Redis } from 'ioredis'
