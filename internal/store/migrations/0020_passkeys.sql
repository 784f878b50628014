-- Passkeys: public keys that users registered to sign in with. Ids are drawn by
-- authenticators; one that two users of a pool had would not say whose it is.

CREATE TABLE user_pool_passkeys (
  pool_id TEXT NOT NULL,
  id TEXT NOT NULL,
  sub TEXT NOT NULL,
  version BIGINT NOT NULL,
  doc TEXT NOT NULL,
  PRIMARY KEY (pool_id, id)
);
CREATE INDEX user_pool_passkeys_by_user ON user_pool_passkeys (pool_id, sub, id);
