/**
 * How each process runs: node strips the types itself, and its heap is bounded, so that garbage is collected well before
 * 250 MB. What a process holds on purpose is a fraction of that.
 */
export const NODE_FLAGS = [
  '--disable-warning=ExperimentalWarning',
  '--max-semi-space-size=16',
  '--max-old-space-size=256',
] as const

/** The gateway's heap grows with its subscribers, who must not be cut off together by a limit. */
export const GATEWAY_FLAGS = ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=16'] as const
