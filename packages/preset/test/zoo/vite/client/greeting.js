export const greeting = 'hello from the client'
