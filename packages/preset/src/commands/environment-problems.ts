/** The problems that `fromEnv` finds in this environment, one sentence for each. */
export async function environmentProblems(): Promise<string[]> {
  const { fromEnv } = await import('fastify-seaworthy')
  try {
    fromEnv()
    return []
  } catch (error) {
    const { problems } = error as { problems?: string[] }
    if (problems === undefined) throw error
    return problems
  }
}
