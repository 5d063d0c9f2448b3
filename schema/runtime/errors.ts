/** An event that does not match its schema. It goes to DEAD and does not hold up the events after it. */
export class EventRejectedError extends Error {
  override name = 'EventRejectedError'
}

/** Settings that a process cannot start with; the message lists every problem and what to do. */
export class ConfigurationError extends Error {
  override name = 'ConfigurationError'
  readonly problems: readonly string[]
  constructor(problems: readonly string[], options?: ErrorOptions) {
    super(`Cannot start:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`, options)
    this.problems = problems
  }
}

/** Arguments that a command cannot work with; the message lists every problem, and then the way to get help. */
export class UsageError extends Error {
  override name = 'UsageError'
  constructor(problems: readonly string[], help: string, options?: ErrorOptions) {
    super([...problems, help].join('\n'), options)
  }
}

/** A command was asked for its help, which is the message of this error. The command does nothing else. */
export class HelpRequestedError extends Error {
  override name = 'HelpRequestedError'
}

/** A failure that is explained to the user in one paragraph and needs no stack trace. */
export class OperationalError extends Error {
  override name = 'OperationalError'
}

/** An existing stream differs from its definition in a way that Gravitas will not change by itself. */
export class StreamMismatchError extends OperationalError {
  override name = 'StreamMismatchError'
  readonly stream: string
  constructor(stream: string, differences: readonly string[], options?: ErrorOptions) {
    super(
      `Stream ${stream} exists with other settings: ${differences.join('; ')}. ` +
        `Nothing was changed. Edit the stream with the nats CLI, or use another DATA_DIR or NATS_URL.`,
      options,
    )
    this.stream = stream
  }
}

/** The log is not the one that a read model was built from, or that a source began with. */
export class LogMismatchError extends OperationalError {
  override name = 'LogMismatchError'
  readonly stream: string
  constructor(stream: string, what: string, options?: ErrorOptions) {
    super(`Stream ${stream}: ${what}`, options)
    this.stream = stream
  }
}

/** A stream of a cluster has no leader at the moment. */
export class NoLeaderError extends OperationalError {
  override name = 'NoLeaderError'
}
