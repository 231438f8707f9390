export const colour = 'blue'
