-- Seeds of authenticator apps that were handed out and not proved yet, sealed.
-- Those that were proved lie with their user.

CREATE TABLE user_pool_pending_tokens (
  id TEXT NOT NULL PRIMARY KEY,
  pool_id TEXT NOT NULL,
  sub TEXT NOT NULL,
  expires BIGINT NOT NULL,
  version BIGINT NOT NULL,
  doc TEXT NOT NULL
);
CREATE INDEX user_pool_pending_tokens_by_user ON user_pool_pending_tokens (pool_id, sub);
CREATE INDEX user_pool_pending_tokens_by_expiry ON user_pool_pending_tokens (expires);
