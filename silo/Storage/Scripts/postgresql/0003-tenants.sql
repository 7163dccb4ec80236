-- What tenants may use beside 'tenants', when keys end, and what was used. Moments are Unix milliseconds. No row or NULL: no limit.
CREATE TABLE IF NOT EXISTS tenant_limits (
  tenant TEXT NOT NULL PRIMARY KEY REFERENCES tenants(name),
  requests_per_minute BIGINT NULL,
  tokens_per_minute BIGINT NULL,
  stored_bytes BIGINT NULL,
  stored_pictures BIGINT NULL,
  pictures_per_request INTEGER NULL,
  weight INTEGER NOT NULL);

CREATE TABLE IF NOT EXISTS api_key_expiries (
  id TEXT NOT NULL PRIMARY KEY REFERENCES api_keys(id),
  expires_at BIGINT NOT NULL);

-- Requests that have ended, added up by the hour in which they were let in.
CREATE TABLE IF NOT EXISTS usage_hours (
  tenant TEXT NOT NULL,
  key_id TEXT NOT NULL,
  hour BIGINT NOT NULL,
  requests BIGINT NOT NULL,
  prompt_tokens BIGINT NOT NULL,
  cached_tokens BIGINT NOT NULL,
  generated_tokens BIGINT NOT NULL,
  pictures BIGINT NOT NULL,
  PRIMARY KEY (tenant, key_id, hour));
CREATE INDEX IF NOT EXISTS ix_usage_hours_hour ON usage_hours(hour);

-- Requests under way, each with what it may have passed on. A row leaves when it is added to 'usage_hours', in one transaction.
CREATE TABLE IF NOT EXISTS usage_open (
  request_id TEXT NOT NULL PRIMARY KEY,
  tenant TEXT NOT NULL,
  key_id TEXT NOT NULL,
  hour BIGINT NOT NULL,
  sequences INTEGER NOT NULL,
  prompt_tokens BIGINT NOT NULL,
  generated_tokens BIGINT NOT NULL,
  pictures BIGINT NOT NULL);
CREATE INDEX IF NOT EXISTS ix_usage_open_tenant ON usage_open(tenant);

CREATE INDEX IF NOT EXISTS ix_turns_tenant_picture ON turns(tenant, picture_digest);
