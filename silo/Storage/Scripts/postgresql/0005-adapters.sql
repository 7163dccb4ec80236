-- What aliases have been through, what is left of deleted adapters, and who holds which version. Moments are Unix milliseconds.

-- Every move of an alias; a row is never changed. 'version', 'canary' and 'share' are the alias after it; 'below' is the move that rolling back returns to.
CREATE TABLE alias_moves (
  tenant TEXT NOT NULL,
  adapter TEXT NOT NULL,
  alias TEXT NOT NULL,
  position INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  from_version TEXT NULL,
  version TEXT NOT NULL,
  canary TEXT NULL,
  share INTEGER NULL,
  below INTEGER NULL,
  moved_at BIGINT NOT NULL,
  PRIMARY KEY (tenant, adapter, alias, position),
  FOREIGN KEY (tenant, adapter) REFERENCES adapters(tenant, name) ON DELETE CASCADE);

INSERT INTO alias_moves (tenant, adapter, alias, position, kind, from_version, version, below, moved_at)
SELECT tenant, adapter, name, position, 1,
  LAG(version) OVER (PARTITION BY tenant, adapter, name ORDER BY position), version,
  LAG(position) OVER (PARTITION BY tenant, adapter, name ORDER BY position), moved_at
FROM aliases;

-- The last move of each, so that reading an adapter costs the same however often its aliases have moved.
CREATE TABLE alias_heads (
  tenant TEXT NOT NULL,
  adapter TEXT NOT NULL,
  alias TEXT NOT NULL,
  position INTEGER NOT NULL,
  PRIMARY KEY (tenant, adapter, alias),
  FOREIGN KEY (tenant, adapter) REFERENCES adapters(tenant, name) ON DELETE CASCADE);

INSERT INTO alias_heads (tenant, adapter, alias, position)
SELECT tenant, adapter, name, MAX(position) FROM aliases GROUP BY tenant, adapter, name;

DROP TABLE aliases;

-- A row for each adapter that was deleted. Its components are named here until no living process holds one of its versions.
CREATE TABLE tombstones (
  id TEXT NOT NULL PRIMARY KEY,
  tenant TEXT NOT NULL,
  adapter TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  deleted_at BIGINT NOT NULL,
  freed_at BIGINT NULL);
CREATE INDEX ix_tombstones_deleted ON tombstones(deleted_at);
CREATE INDEX ix_tombstones_bound ON tombstones(deleted_at) WHERE freed_at IS NULL;

CREATE TABLE tombstone_components (
  tombstone TEXT NOT NULL REFERENCES tombstones(id) ON DELETE CASCADE,
  version TEXT NOT NULL,
  name TEXT NOT NULL,
  digest TEXT NOT NULL,
  bytes BIGINT NOT NULL,
  PRIMARY KEY (tombstone, version, name));
CREATE INDEX ix_tombstone_components_digest ON tombstone_components(digest);

-- A holder is one device of one life of a process. It renews its row, and with it all its leases.
CREATE TABLE lease_holders (
  holder TEXT NOT NULL PRIMARY KEY,
  silo TEXT NOT NULL,
  address TEXT NOT NULL,
  device TEXT NOT NULL,
  renewed_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL);

CREATE TABLE adapter_leases (
  holder TEXT NOT NULL REFERENCES lease_holders(holder) ON DELETE CASCADE,
  version TEXT NOT NULL,
  since BIGINT NOT NULL,
  PRIMARY KEY (holder, version));
CREATE INDEX ix_adapter_leases_version ON adapter_leases(version);
CREATE INDEX ix_adapter_versions_digest ON adapter_versions(digest);
