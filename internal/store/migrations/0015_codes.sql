-- Codes that were sent to users, by keyed hash, and how often an hour a user's codes were asked for and guessed at.

CREATE TABLE user_pool_codes (
  id TEXT NOT NULL PRIMARY KEY,
  pool_id TEXT NOT NULL,
  sub TEXT NOT NULL,
  expires BIGINT NOT NULL,
  version BIGINT NOT NULL,
  doc TEXT NOT NULL
);
CREATE INDEX user_pool_codes_by_user ON user_pool_codes (pool_id, sub);
CREATE INDEX user_pool_codes_by_expiry ON user_pool_codes (expires);

CREATE TABLE user_pool_allowances (
  id TEXT NOT NULL PRIMARY KEY,
  expires BIGINT NOT NULL,
  version BIGINT NOT NULL,
  doc TEXT NOT NULL
);
CREATE INDEX user_pool_allowances_by_expiry ON user_pool_allowances (expires);
