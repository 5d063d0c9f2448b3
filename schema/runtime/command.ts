import { Command, CommanderError, InvalidArgumentError } from 'commander'
import { HelpRequestedError, UsageError } from './errors.ts'
import { SETTINGS, type SettingName } from './settings.ts'

export interface CommandText {
  /** The npm script that runs the command. */
  readonly name: string
  /** One or two sentences: what the command does. */
  readonly summary: string
  /** Command lines as a user types them. */
  readonly examples: readonly string[]
  /** The settings that change what the command does. */
  readonly settings?: readonly SettingName[]
}

/** The options of a command as an object, and its arguments in the order in which they are declared. */
export interface Arguments<Options, Operands> {
  readonly options: Options
  readonly operands: Operands
}

/**
 * Starts the declaration of a command; the caller adds options and arguments to the result. `--help` shows the summary,
 * the arguments, the options with their defaults, the settings and the examples.
 */
export function defineCommand({ name, summary, examples, settings = [] }: CommandText): Command {
  const command = new Command(`${toCommandLine(name)} --`)
    .description(summary)
    .helpOption('-h, --help', 'shows this text and does nothing else')
    .allowExcessArguments(false)
    .configureHelp({ commandUsage: toUsage })
    .exitOverride()
  if (settings.length > 0) command.addHelpText('after', `\nSettings (environment or .env):\n${describe(settings)}`)
  return command.addHelpText('after', `\nExamples:\n${examples.map((line) => `  ${line}`).join('\n')}`)
}

/** `npm start` and `npm test` need no `run`. */
const toCommandLine = (name: string): string =>
  name === 'start' || name === 'test' ? `npm ${name}` : `npm run ${name}`

/** The usage with the required options, which Commander would leave out. */
function toUsage(command: Command): string {
  const required = command.options.filter(({ mandatory }) => mandatory).map(({ flags }) => flags)
  return [command.name(), ...required, command.usage()].join(' ')
}

function describe(names: readonly SettingName[]): string {
  const width = Math.max(...names.map((name) => name.length))
  return names.map((name) => `  ${name.padEnd(width)}  ${SETTINGS[name]}`).join('\n')
}

/**
 * Reads a command's arguments; the caller names the types that follow from the command's declaration.
 * @throws HelpRequestedError with the text to show, if `--help` is among the arguments
 * @throws UsageError if an argument is wrong
 */
export function readArguments<Options = object, Operands = []>(
  command: Command,
  args: readonly string[],
): Arguments<Options, Operands> {
  let help = ''
  command.configureOutput({ writeOut: (text) => (help += text), writeErr: () => {} })
  try {
    command.parse(args, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.code === 'commander.helpDisplayed') throw new HelpRequestedError(help)
    const missing = error.code === 'commander.missingMandatoryOptionValue' ? missingOptions(command) : []
    const problems = missing.length > 0 ? missing : [toSentence(error.message)]
    throw new UsageError(problems, helpLine(command), { cause: error })
  }
  return { options: command.opts<object>() as Options, operands: command.processedArgs as Operands }
}

/** All required options that are missing; Commander names only the first one. */
const missingOptions = (command: Command): string[] =>
  command.options
    .filter((option) => option.mandatory && command.getOptionValue(option.attributeName()) === undefined)
    .map(({ flags }) => `Required option '${flags}' not specified.`)

/** Refuses arguments for problems that Commander cannot see, such as options that exclude each other. @throws UsageError */
export function refuseArguments(command: Command, problems: readonly string[]): void {
  if (problems.length > 0) throw new UsageError(problems, helpLine(command))
}

const helpLine = (command: Command): string => `${command.name()} --help shows how to use it.`

/** Makes sentences of Commander's messages, such as `error: unknown option '--jsn'\n(Did you mean --json?)`. */
function toSentence(message: string): string {
  const [first = '', ...more] = message
    .replace(/^error: (command-argument )?/, '')
    .replaceAll(/^\((.*)\)$/gm, '$1')
    .split('\n')
  const sentence = first.charAt(0).toUpperCase() + first.slice(1)
  return [/[.?!]$/.test(sentence) ? sentence : `${sentence}.`, ...more].join(' ')
}

/** Makes the reader of an option that may be given several times; with `choices`, each time with one of them. */
export const repeated =
  (choices?: readonly string[]) =>
  (text: string, before: readonly string[] = []): readonly string[] => {
    if (choices === undefined || choices.includes(text)) return [...before, text]
    throw new InvalidArgumentError(`Allowed choices are ${choices.join(', ')}.`)
  }

/** Makes the reader of an option's value that is a whole number of at least `min`. */
export const wholeNumberFrom =
  (min: number) =>
  (text: string): number => {
    const value = Number(text)
    if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= min) return value
    throw new InvalidArgumentError(`It must be a whole number from ${min} on.`)
  }

/** Makes the reader of an option's value that must match a pattern. @param rule says in a full sentence what matches */
export const matching =
  (pattern: RegExp, rule: string) =>
  (text: string): string => {
    if (pattern.test(text)) return text
    throw new InvalidArgumentError(rule)
  }
