import type { registers } from './registers.ts'

type Mix = Partial<Record<keyof typeof registers, number>>

export interface Community {
  /** An invented name; it is not meant to be that of an existing subreddit. */
  readonly name: string
  /** How many posts it has, relative to the other communities. */
  readonly size: number
  /** The registers that its members write in, by weight. They give the community its tone. */
  readonly mix: Mix
  readonly utcOffsetHours: number
  /** The local hour with the most posts, and by which share (0…1) that hour lies above the day's average. */
  readonly busiestHour: number
  readonly dailySwing: number
  /** How many posts a weekend day has, relative to a weekday. */
  readonly weekend: number
}

const office = { busiestHour: 14, dailySwing: 0.7, weekend: 0.5 }
const evening = { busiestHour: 20, dailySwing: 0.6, weekend: 1.2 }
const night = { busiestHour: 23, dailySwing: 0.7, weekend: 1.5 }
const steady = { busiestHour: 17, dailySwing: 0.3, weekend: 1 }

const NEW_YORK = -5
const CHICAGO = -6
const LOS_ANGELES = -8
const LONDON = 0
const BERLIN = 1
const DELHI = 5.5
const TOKYO = 9
const SYDNEY = 10

const community = (name: string, size: number, utcOffsetHours: number, rhythm: typeof office, mix: Mix): Community => ({
  name,
  size,
  mix,
  utcOffsetHours,
  ...rhythm,
})

/** About forty communities, from earnest to silly, with every tone in between. */
export const communities: readonly Community[] = [
  community('PatientPhysics', 9, NEW_YORK, evening, { science: 9, showerThoughts: 1 }),
  community('TheQuietLab', 5, BERLIN, office, { science: 10 }),
  community('DeepTimeGeology', 4, SYDNEY, steady, { science: 8, history: 2 }),
  community('BacktrackBiology', 6, LONDON, steady, { science: 8, pets: 1 }),
  community('TenantsCounsel', 10, NEW_YORK, office, { law: 10 }),
  community('SmallClaimsDesk', 6, LONDON, office, { law: 9, rants: 1 }),
  community('WorkplaceLawHelp', 7, CHICAGO, office, { law: 7, rants: 3 }),
  community('FootnotedHistory', 8, LONDON, evening, { history: 10 }),
  community('ArchiveDiggers', 4, BERLIN, steady, { history: 9, showerThoughts: 1 }),
  community('LongMarchOfMaps', 3, DELHI, evening, { history: 7, puns: 1 }),
  community('BenchAndBreaker', 9, CHICAGO, evening, { repair: 9, rants: 1 }),
  community('MendItSlowly', 5, BERLIN, evening, { repair: 10 }),
  community('DrivewayMechanics', 8, LOS_ANGELES, evening, { repair: 8, rants: 1, memes: 1 }),
  community('ArmchairStoics', 5, NEW_YORK, night, { philosophy: 8, showerThoughts: 2 }),
  community('TheLongArgument', 4, LONDON, night, { philosophy: 10 }),
  community('FirstLedger', 8, CHICAGO, office, { money: 10 }),
  community('PensionsAndPatience', 4, LONDON, office, { money: 9, rants: 1 }),
  community('CompileAndWait', 9, BERLIN, office, { programming: 8, rants: 1, memes: 1 }),
  community('SchemaSurgery', 5, DELHI, office, { programming: 10 }),
  community('HeavySoilGardeners', 6, LONDON, evening, { garden: 9, pets: 1 }),
  community('SlowOvenClub', 7, NEW_YORK, evening, { cooking: 8, puns: 1 }),
  community('KeepingOnTogether', 6, LOS_ANGELES, night, { support: 10 }),
  community('NightShiftNurses_', 4, CHICAGO, night, { support: 6, rants: 3, memes: 1 }),
  community('GrammarBeforeTea', 4, TOKYO, steady, { language: 9, puns: 1 }),
  community('TrailAndTarp', 6, LOS_ANGELES, evening, { outdoors: 9, memes: 1 }),
  community('HalfPackedRucksack', 5, SYDNEY, evening, { outdoors: 7, showerThoughts: 2, rants: 1 }),
  community('BoardroomTableGames', 6, BERLIN, evening, { games: 7, puns: 2 }),
  community('RespawnBanter', 10, LOS_ANGELES, night, { games: 4, memes: 5, shitposts: 1 }),
  community('TerraceTalkFC', 9, LONDON, evening, { sports: 9, memes: 1 }),
  community('OvertimeOverreaction', 8, NEW_YORK, night, { sports: 7, rants: 2, shitposts: 1 }),
  community('BathtubThinkers', 9, NEW_YORK, night, { showerThoughts: 10 }),
  community('MildlyDoomed', 7, CHICAGO, steady, { rants: 8, memes: 2 }),
  community('YellingAtPrinters', 6, BERLIN, office, { rants: 9, puns: 1 }),
  community('GrandTheftSandwich', 11, LOS_ANGELES, night, { shitposts: 9, memes: 1 }),
  community('BreadGoblins', 8, SYDNEY, night, { shitposts: 7, puns: 3 }),
  community('PunsOfAnarchy_', 7, LONDON, steady, { puns: 10 }),
  community('FreshlyStaleMemes', 14, NEW_YORK, night, { memes: 9, shitposts: 1 }),
  community('LoafAlignmentChart', 11, TOKYO, evening, { pets: 9, memes: 1 }),
  community('BorkDepartment', 10, CHICAGO, evening, { pets: 10 }),
  community('ParrotSaidWhat', 5, DELHI, steady, { pets: 8, puns: 2 }),
]
