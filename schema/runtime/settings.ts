/** The meaning of each setting, as `--help` shows it. */
export const SETTINGS = {
  PORT: 'port of the page and the API (4000)',
  HOST: 'address that the page and the API listen on (127.0.0.1)',
  ALLOWED_HOSTS: 'host names under which the page and the API are served, separated by commas; see docs/operations.md',
  CORS_ORIGINS: 'origins whose pages may read the API, separated by commas, or *; by default none',
  TRUST_PROXY:
    'addresses of reverse proxies whose X-Forwarded-For is believed, separated by commas; loopback for this machine',
  ADMIN_TOKEN: 'secret of operators, at least 16 characters; when it is set, /metrics needs it',
  MAX_SUBSCRIPTIONS: 'how many subscriptions may be open (5000)',
  MAX_SUBSCRIPTIONS_PER_ADDRESS: 'how many of them may come from one address (100; unlimited from this machine)',
  MAX_REQUESTS_PER_ADDRESS: 'how many requests of one address may be in progress (50; unlimited from this machine)',
  MAX_CONNECTIONS_PER_ADDRESS: 'how many connections one address may have (250; unlimited from this machine)',
  DATA_DIR: 'folder of the log, the read models and the secrets (./data)',
  DATA_GROUP_READ: '1: other users of the group of DATA_DIR may read the read models (0)',
  NATS_URL: 'URL of a NATS server, or of several, separated by commas; by default nats://127.0.0.1 with NATS_PORT',
  NATS_ALLOW_PLAINTEXT: '1 lets NATS_URL name servers of other machines without TLS (0)',
  NATS_REPLICAS: 'how many servers of a cluster keep a copy of each stream: 1, 3 or 5 (1)',
  NATS_PORT: 'port of the NATS server on this machine (4222)',
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
