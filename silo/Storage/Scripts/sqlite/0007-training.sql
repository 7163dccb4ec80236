-- Training jobs, how many a tenant may have, and who works at which. Moments are Unix milliseconds.
ALTER TABLE tenant_limits ADD COLUMN training_jobs INTEGER NOT NULL DEFAULT 2;

-- 'holder' is one attempt of one process; it renews 'held_until', and whoever finds that in the past takes the job over. 'ended_at' is set with the last state.
CREATE TABLE training_jobs (
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  settings TEXT NOT NULL,
  archive_digest TEXT NOT NULL,
  archive_bytes BIGINT NOT NULL,
  archive_copy TEXT NOT NULL,
  state INTEGER NOT NULL,
  steps_done BIGINT NOT NULL,
  steps BIGINT NOT NULL,
  loss DOUBLE PRECISION NULL,
  version TEXT NULL,
  accuracy DOUBLE PRECISION NULL,
  message TEXT NULL,
  created_at BIGINT NOT NULL,
  started_at BIGINT NULL,
  cancelled_at BIGINT NULL,
  ended_at BIGINT NULL,
  holder TEXT NULL,
  held_until BIGINT NULL,
  claims INTEGER NOT NULL,
  PRIMARY KEY (tenant, id));
CREATE INDEX ix_training_jobs_open ON training_jobs(created_at) WHERE ended_at IS NULL;
CREATE INDEX ix_training_jobs_created ON training_jobs(tenant, created_at, id);
