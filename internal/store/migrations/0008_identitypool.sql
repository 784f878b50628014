-- Identity pools with all their settings, and the identities in them.

CREATE TABLE identity_pools (
  id      TEXT   NOT NULL PRIMARY KEY,
  region  TEXT   NOT NULL,
  version BIGINT NOT NULL,
  doc     TEXT   NOT NULL
);
CREATE INDEX identity_pools_by_region ON identity_pools (region, id);

CREATE TABLE identities (
  id       TEXT    NOT NULL PRIMARY KEY,
  pool_id  TEXT    NOT NULL,
  disabled BOOLEAN NOT NULL,
  version  BIGINT  NOT NULL,
  doc      TEXT    NOT NULL
);
CREATE INDEX identities_by_pool ON identities (pool_id, id);

-- Whose login it is. A login belongs to one identity of its pool.
CREATE TABLE identity_logins (
  pool_id     TEXT   NOT NULL,
  provider    TEXT   NOT NULL,
  subject     TEXT   NOT NULL,
  identity_id TEXT   NOT NULL,
  version     BIGINT NOT NULL,
  doc         TEXT   NOT NULL,
  PRIMARY KEY (pool_id, provider, subject)
);
CREATE INDEX identity_logins_by_identity ON identity_logins (identity_id, provider, subject);

-- Keys that sign the tokens of all identity pools, sealed by the keyring.
CREATE TABLE identity_keys (
  kid     TEXT   NOT NULL PRIMARY KEY,
  version BIGINT NOT NULL,
  doc     TEXT   NOT NULL
);
