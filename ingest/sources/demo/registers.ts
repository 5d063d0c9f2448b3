import { law, money, programming, repair } from './registers/advice.ts'
import { cooking, games, garden, outdoors } from './registers/hobbies.ts'
import { history, language, philosophy, science } from './registers/scholars.ts'
import { memes, puns, shitposts } from './registers/silly.ts'
import { pets, rants, showerThoughts, sports, support } from './registers/everyday.ts'

/** All registers, by name. */
export const registers = {
  cooking,
  games,
  garden,
  history,
  language,
  law,
  memes,
  money,
  outdoors,
  pets,
  philosophy,
  programming,
  puns,
  rants,
  repair,
  science,
  shitposts,
  showerThoughts,
  sports,
  support,
} as const
