-- What happened at the sign-ins of a user, the id beginning with the time; and the identities elsewhere that a user has, each of which is one user's.

CREATE TABLE user_pool_auth_events (
  pool_id TEXT NOT NULL,
  sub TEXT NOT NULL,
  id TEXT NOT NULL,
  failed BOOLEAN NOT NULL,
  expires BIGINT NOT NULL,
  version BIGINT NOT NULL,
  doc TEXT NOT NULL,
  PRIMARY KEY (pool_id, sub, id)
);
CREATE INDEX user_pool_auth_events_by_expiry ON user_pool_auth_events (expires);

CREATE TABLE user_pool_identities (
  pool_id TEXT NOT NULL,
  provider TEXT NOT NULL,
  subject TEXT NOT NULL,
  sub TEXT NOT NULL,
  version BIGINT NOT NULL,
  doc TEXT NOT NULL,
  PRIMARY KEY (pool_id, provider, subject)
);
CREATE INDEX user_pool_identities_by_user ON user_pool_identities (pool_id, sub);
