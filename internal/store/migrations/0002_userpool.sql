-- User pools: settings, keys and clients (followed by snapshots), users and what finds them, and what sign-ins leave behind.

CREATE TABLE user_pools (
  id TEXT NOT NULL PRIMARY KEY,
  region TEXT NOT NULL,
  version BIGINT NOT NULL,
  doc TEXT NOT NULL
);
CREATE INDEX user_pools_by_region ON user_pools (region, id);

CREATE TABLE user_pool_keys (
  kid TEXT NOT NULL PRIMARY KEY,
  pool_id TEXT NOT NULL,
  version BIGINT NOT NULL,
  doc TEXT NOT NULL
);
CREATE INDEX user_pool_keys_by_pool ON user_pool_keys (pool_id);

CREATE TABLE user_pool_clients (
  id TEXT NOT NULL PRIMARY KEY,
  pool_id TEXT NOT NULL,
  version BIGINT NOT NULL,
  doc TEXT NOT NULL
);
CREATE INDEX user_pool_clients_by_pool ON user_pool_clients (pool_id, id);

CREATE TABLE user_pool_users (
  pool_id TEXT NOT NULL,
  name_key TEXT NOT NULL,
  sub TEXT NOT NULL,
  status TEXT NOT NULL,
  enabled BOOLEAN NOT NULL,
  version BIGINT NOT NULL,
  doc TEXT NOT NULL,
  PRIMARY KEY (pool_id, name_key)
);
CREATE INDEX user_pool_users_by_status ON user_pool_users (pool_id, status, name_key);
CREATE INDEX user_pool_users_by_state ON user_pool_users (pool_id, enabled, name_key);

-- Every name a user answers to (user name, sub, e-mail ...), unique in its pool whatever its kind.
CREATE TABLE user_pool_names (
  pool_id TEXT NOT NULL,
  name TEXT NOT NULL,
  name_key TEXT NOT NULL,
  version BIGINT NOT NULL,
  doc TEXT NOT NULL,
  PRIMARY KEY (pool_id, name)
);

-- Attribute values to search by. Bytes, so that a prefix is a range under any collation.
CREATE TABLE user_pool_search (
  pool_id TEXT NOT NULL,
  attribute TEXT NOT NULL,
  value BLOB NOT NULL,
  name_key TEXT NOT NULL,
  version BIGINT NOT NULL,
  doc TEXT NOT NULL,
  PRIMARY KEY (pool_id, attribute, value, name_key)
);

CREATE TABLE user_pool_groups (
  pool_id TEXT NOT NULL,
  name TEXT NOT NULL,
  version BIGINT NOT NULL,
  doc TEXT NOT NULL,
  PRIMARY KEY (pool_id, name)
);

CREATE TABLE user_pool_members (
  pool_id TEXT NOT NULL,
  group_name TEXT NOT NULL,
  name_key TEXT NOT NULL,
  version BIGINT NOT NULL,
  doc TEXT NOT NULL,
  PRIMARY KEY (pool_id, group_name, name_key)
);
CREATE INDEX user_pool_members_by_user ON user_pool_members (pool_id, name_key, group_name);

-- One row a sign-in: the family of tokens that came from it, found by keyed hash or by origin_jti.
CREATE TABLE user_pool_grants (
  id TEXT NOT NULL PRIMARY KEY,
  origin_jti TEXT NOT NULL UNIQUE,
  pool_id TEXT NOT NULL,
  sub TEXT NOT NULL,
  expires BIGINT NOT NULL,
  version BIGINT NOT NULL,
  doc TEXT NOT NULL
);
CREATE INDEX user_pool_grants_by_user ON user_pool_grants (pool_id, sub);
CREATE INDEX user_pool_grants_by_expiry ON user_pool_grants (expires);

CREATE TABLE user_pool_challenges (
  id TEXT NOT NULL PRIMARY KEY,
  pool_id TEXT NOT NULL,
  expires BIGINT NOT NULL,
  version BIGINT NOT NULL,
  doc TEXT NOT NULL
);
CREATE INDEX user_pool_challenges_by_pool ON user_pool_challenges (pool_id);
CREATE INDEX user_pool_challenges_by_expiry ON user_pool_challenges (expires);

-- Failed sign-ins, by keyed hash of whom they were for and where they came from.
CREATE TABLE user_pool_failures (
  id TEXT NOT NULL PRIMARY KEY,
  expires BIGINT NOT NULL,
  version BIGINT NOT NULL,
  doc TEXT NOT NULL
);
CREATE INDEX user_pool_failures_by_expiry ON user_pool_failures (expires);
