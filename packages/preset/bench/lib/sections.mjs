// What is measured beside instructions per request.
export const sections = {}
