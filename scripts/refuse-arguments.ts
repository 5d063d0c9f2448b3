import { ConfigurationError } from '../schema/runtime/errors.ts'

/** For commands whose settings are all in the environment. @throws ConfigurationError when arguments were given */
export function refuseArguments(args: readonly string[]): void {
  if (args.length === 0) return
  throw new ConfigurationError([
    `unknown arguments: ${args.join(' ')}. Settings come from the environment or .env: PORT=8080 npm start`,
  ])
}
