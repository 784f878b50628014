-- Keys of KMS, whose material is sealed by the keyring, and their aliases; messages to users that wait for a function to send them.

CREATE TABLE kms_keys (
  id TEXT NOT NULL PRIMARY KEY,
  region TEXT NOT NULL,
  ends BIGINT NOT NULL,
  version BIGINT NOT NULL,
  doc TEXT NOT NULL
);
CREATE INDEX kms_keys_by_region ON kms_keys (region, id);
CREATE INDEX kms_keys_by_end ON kms_keys (ends);

CREATE TABLE kms_aliases (
  region TEXT NOT NULL,
  name TEXT NOT NULL,
  key_id TEXT NOT NULL,
  version BIGINT NOT NULL,
  doc TEXT NOT NULL,
  PRIMARY KEY (region, name)
);
CREATE INDEX kms_aliases_by_key ON kms_aliases (key_id);

CREATE TABLE user_pool_sendings (
  id TEXT NOT NULL PRIMARY KEY,
  pool_id TEXT NOT NULL,
  sub TEXT NOT NULL,
  due BIGINT NOT NULL,
  expires BIGINT NOT NULL,
  version BIGINT NOT NULL,
  doc TEXT NOT NULL
);
CREATE INDEX user_pool_sendings_by_user ON user_pool_sendings (pool_id, sub);
CREATE INDEX user_pool_sendings_by_time ON user_pool_sendings (due);
CREATE INDEX user_pool_sendings_by_expiry ON user_pool_sendings (expires);
