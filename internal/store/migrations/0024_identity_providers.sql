-- Identity providers of user pools, and the identifiers that each answers to beside its name.

CREATE TABLE user_pool_providers (
  pool_id TEXT NOT NULL,
  name TEXT NOT NULL,
  version BIGINT NOT NULL,
  doc TEXT NOT NULL,
  PRIMARY KEY (pool_id, name)
);

CREATE TABLE user_pool_provider_identifiers (
  pool_id TEXT NOT NULL,
  identifier TEXT NOT NULL,
  name TEXT NOT NULL,
  version BIGINT NOT NULL,
  doc TEXT NOT NULL,
  PRIMARY KEY (pool_id, identifier)
);
CREATE INDEX user_pool_provider_identifiers_by_name ON user_pool_provider_identifiers (pool_id, name);
