/**
 * For programs that heed no pipe from their launcher: a waiting subshell does, and asks the program to stop at the end of
 * standard input. `exec` makes the program take the place, and the process id, of the shell that is spawned.
 */
const WAIT_THEN_STOP = 'exec 3<&0 </dev/null; (read -r _ <&3; kill -TERM $$) 2>/dev/null & exec 3<&-; exec "$@"'

/** A command that ends with the process that started it, whatever ended that one. Its standard input is the pipe. */
export const stopWithLauncher = (command: string, args: readonly string[]) =>
  ({ command: '/bin/sh', args: ['-c', WAIT_THEN_STOP, 'sh', command, ...args], watchesLauncher: true }) as const
