/**
 * Node's flags for every process except the gateway. The heap has a limit, so that garbage is collected long before the
 * process reaches 250 MB; what a process needs to hold is a fraction of that.
 */
export const NODE_FLAGS = [
  '--disable-warning=ExperimentalWarning',
  '--max-semi-space-size=16',
  '--max-old-space-size=256',
] as const

/** Node's flags for the gateway. It has no limit on its heap: at the limit, all its subscribers would be cut off at once. */
export const GATEWAY_FLAGS = ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=16'] as const
