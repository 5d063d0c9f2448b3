/**
 * A shell script for programs that do not watch the pipe from their launcher. A subshell waits for the end of standard
 * input, then asks the program to stop. By `exec` the program gets the process id of the shell that was spawned.
 */
const WAIT_THEN_STOP = 'exec 3<&0 </dev/null; (read -r _ <&3; kill -TERM $$) 2>/dev/null & exec 3<&-; exec "$@"'

/** A command that ends when the process that started it ends, for whatever reason. Its standard input is the pipe. */
export const stopWithLauncher = (command: string, args: readonly string[]) =>
  ({ command: '/bin/sh', args: ['-c', WAIT_THEN_STOP, 'sh', command, ...args], watchesLauncher: true }) as const
