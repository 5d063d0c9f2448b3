/** The meaning of each setting, as `--help` shows it. */
export const SETTINGS = {
  PORT: 'port of the page and the API (4000)',
  HOST: 'address that the page and the API listen on (127.0.0.1)',
  DATA_DIR: 'folder of the log, the read models and the secrets (./data)',
  NATS_URL: 'URL of a NATS server, or of several, separated by commas; by default nats://127.0.0.1 with NATS_PORT',
  NATS_ALLOW_PLAINTEXT: '1 lets NATS_URL name servers of other machines without TLS (0)',
  NATS_REPLICAS: 'how many servers of a cluster keep a copy of each stream: 1, 3 or 5 (1)',
  NATS_PORT: 'port of the NATS server on this machine (4222)',
  NATS_MONITOR_PORT: 'port for monitoring the NATS server that is started, on this machine; by default none',
  SOURCE: 'demo, reddit, arctic-shift, rss or none (demo)',
  SUBREDDITS: 'subreddits to read, separated by commas',
  DEMO_DAYS: 'days of history that the source demo makes at its first start (7)',
  DEMO_SPEED: 'how much faster than real time the source demo runs (1)',
  POLL_INTERVAL_MS: 'shortest time between two requests for new posts (1000)',
  REDDIT_CLIENT_ID: 'id of your Reddit app, for the source reddit; see docs/sources.md',
  REDDIT_CLIENT_SECRET: 'secret of your Reddit app; unset for an installed app',
  REDDIT_USER_AGENT: 'name of your client in requests to Reddit',
  MODEL_DIR: 'folder of the scoring model (ml/model)',
  LOG_LEVEL: 'trace, debug, info, warn, error, fatal or silent (info)',
  CHROMIUM_PATH: 'Chromium for the browser tests; by default the one on the PATH',
  GRAVITAS_NATS_SERVER: 'nats-server to run; by default one on the PATH, or a downloaded one',
} as const

export type SettingName = keyof typeof SETTINGS
