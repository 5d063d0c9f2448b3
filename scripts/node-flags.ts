/** How each process of Gravitas runs: node strips the types itself, and a small young generation keeps memory flat. */
export const NODE_FLAGS = ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=16'] as const
