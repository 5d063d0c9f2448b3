/**
 * Node's flags for every process except the gateway. The heap has a limit, so that garbage is collected long before the
 * process reaches 250 MB; a process needs only a fraction of that.
 */
export const NODE_FLAGS = [
  '--disable-warning=ExperimentalWarning',
  '--max-semi-space-size=16',
  '--max-old-space-size=256',
] as const

/**
 * Node's flags for the gateway. Its heap has no limit, because a gateway that reached the limit would disconnect all
 * its subscribers at once. Its young generation is small: with 16 MB, large answers made the process grow by 100 MB and more.
 */
export const GATEWAY_FLAGS = ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=4'] as const

/**
 * Settings of glibc's memory allocator for the gateway; other systems ignore them. By default each thread gets an arena of its
 * own, and freed texts of more than 128 kB stay with the process. Under many large answers that added 100 MB.
 */
export const GATEWAY_MEMORY = {
  MALLOC_ARENA_MAX: '2',
  MALLOC_MMAP_THRESHOLD_: '131072',
  MALLOC_TRIM_THRESHOLD_: '131072',
} as const
