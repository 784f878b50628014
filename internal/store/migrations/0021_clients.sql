-- Resource servers, whose scopes clients may be given (followed by snapshots), and imports of users with the file that they read, sealed.

CREATE TABLE user_pool_resource_servers (
  pool_id TEXT NOT NULL,
  identifier TEXT NOT NULL,
  version BIGINT NOT NULL,
  doc TEXT NOT NULL,
  PRIMARY KEY (pool_id, identifier)
);

CREATE TABLE user_pool_imports (
  pool_id TEXT NOT NULL,
  id TEXT NOT NULL,
  status TEXT NOT NULL,
  version BIGINT NOT NULL,
  doc TEXT NOT NULL,
  PRIMARY KEY (pool_id, id)
);
CREATE INDEX user_pool_imports_by_status ON user_pool_imports (status, pool_id, id);

CREATE TABLE user_pool_import_parts (
  upload TEXT NOT NULL,
  number BIGINT NOT NULL,
  pool_id TEXT NOT NULL,
  expires BIGINT NOT NULL,
  version BIGINT NOT NULL,
  doc TEXT NOT NULL,
  PRIMARY KEY (upload, number)
);
CREATE INDEX user_pool_import_parts_by_pool ON user_pool_import_parts (pool_id);
CREATE INDEX user_pool_import_parts_by_expiry ON user_pool_import_parts (expires);
