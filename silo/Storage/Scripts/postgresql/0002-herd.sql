-- Tenants, keys, adapters and conversations. Moments are Unix milliseconds; token ids are little-endian 32-bit integers.
CREATE TABLE IF NOT EXISTS tenants (
  name TEXT NOT NULL PRIMARY KEY,
  concurrent_sequences INTEGER NOT NULL,
  adapters INTEGER NOT NULL,
  created_at BIGINT NOT NULL);

CREATE TABLE IF NOT EXISTS api_keys (
  id TEXT NOT NULL PRIMARY KEY,
  tenant TEXT NOT NULL REFERENCES tenants(name),
  label TEXT NOT NULL,
  secret_hash BYTEA NOT NULL,
  created_at BIGINT NOT NULL,
  revoked_at BIGINT NULL);
CREATE INDEX IF NOT EXISTS ix_api_keys_tenant ON api_keys(tenant);

CREATE TABLE IF NOT EXISTS adapters (
  tenant TEXT NOT NULL REFERENCES tenants(name),
  name TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (tenant, name));

CREATE TABLE IF NOT EXISTS adapter_versions (
  tenant TEXT NOT NULL,
  adapter TEXT NOT NULL,
  digest TEXT NOT NULL,
  base_digest TEXT NOT NULL,
  template TEXT NOT NULL,
  parameters BIGINT NOT NULL,
  takes_pictures BOOLEAN NOT NULL,
  manifest TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (tenant, adapter, digest),
  FOREIGN KEY (tenant, adapter) REFERENCES adapters(tenant, name) ON DELETE CASCADE);

CREATE TABLE IF NOT EXISTS version_components (
  tenant TEXT NOT NULL,
  adapter TEXT NOT NULL,
  version TEXT NOT NULL,
  name TEXT NOT NULL,
  digest TEXT NOT NULL,
  bytes BIGINT NOT NULL,
  PRIMARY KEY (tenant, adapter, version, name),
  FOREIGN KEY (tenant, adapter, version) REFERENCES adapter_versions(tenant, adapter, digest) ON DELETE CASCADE);
CREATE INDEX IF NOT EXISTS ix_version_components_digest ON version_components(digest);

-- All versions an alias has pointed to; it points to the one with the highest position, and rolling back removes that row.
CREATE TABLE IF NOT EXISTS aliases (
  tenant TEXT NOT NULL,
  adapter TEXT NOT NULL,
  name TEXT NOT NULL,
  position INTEGER NOT NULL,
  version TEXT NOT NULL,
  moved_at BIGINT NOT NULL,
  PRIMARY KEY (tenant, adapter, name, position),
  FOREIGN KEY (tenant, adapter, version) REFERENCES adapter_versions(tenant, adapter, digest) ON DELETE CASCADE);

-- 'epoch' counts the grain's activations: one that slept through its successor's start can write nothing.
CREATE TABLE IF NOT EXISTS conversations (
  tenant TEXT NOT NULL REFERENCES tenants(name),
  id TEXT NOT NULL,
  model TEXT NOT NULL,
  system_text TEXT NULL,
  epoch BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (tenant, id));
CREATE INDEX IF NOT EXISTS ix_conversations_age ON conversations(tenant, created_at);

CREATE TABLE IF NOT EXISTS turns (
  tenant TEXT NOT NULL,
  conversation TEXT NOT NULL,
  position INTEGER NOT NULL,
  turn_id TEXT NOT NULL,
  state INTEGER NOT NULL,
  text TEXT NOT NULL,
  input TEXT NULL,
  picture_digest TEXT NULL,
  picture_bytes BIGINT NULL,
  version_digest TEXT NULL,
  sampling TEXT NOT NULL,
  template TEXT NULL,
  tokenizer_digest TEXT NULL,
  seed BIGINT NULL,
  max_tokens INTEGER NULL,
  prompt_ids BYTEA NULL,
  prompt_tokens INTEGER NOT NULL DEFAULT 0,
  answer_ids BYTEA NULL,
  answer_tokens INTEGER NOT NULL DEFAULT 0,
  answer_text_ends BYTEA NULL,
  answer TEXT NOT NULL DEFAULT '',
  completion_tokens INTEGER NOT NULL DEFAULT 0,
  finish_reason INTEGER NULL,
  error_code INTEGER NULL,
  error TEXT NULL,
  created_at BIGINT NOT NULL,
  finished_at BIGINT NULL,
  PRIMARY KEY (tenant, conversation, position),
  UNIQUE (tenant, conversation, turn_id),
  FOREIGN KEY (tenant, conversation) REFERENCES conversations(tenant, id) ON DELETE CASCADE);
CREATE INDEX IF NOT EXISTS ix_turns_picture ON turns(picture_digest);
