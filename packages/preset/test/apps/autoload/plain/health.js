export { health as default } from '@seaworthy/health'
