-- Users, groups and roles: what IAM calls entities. name is the sort and the
-- name in lower case, for names differ by more than their case.
CREATE TABLE iam_entities (
  id      TEXT   NOT NULL PRIMARY KEY,
  name    TEXT   NOT NULL UNIQUE,
  kind    TEXT   NOT NULL,
  path    TEXT   NOT NULL,
  version BIGINT NOT NULL,
  doc     TEXT   NOT NULL
);
CREATE INDEX iam_entities_by_kind ON iam_entities (kind, name);

-- Managed policies of the account with their versions.
CREATE TABLE iam_policies (
  arn     TEXT   NOT NULL PRIMARY KEY,
  name    TEXT   NOT NULL UNIQUE, -- in lower case
  path    TEXT   NOT NULL,
  version BIGINT NOT NULL,
  doc     TEXT   NOT NULL
);

CREATE INDEX access_keys_by_owner ON access_keys (owner, id);

-- When and for what an access key was last used.
CREATE TABLE access_key_uses (
  id      TEXT   NOT NULL PRIMARY KEY,
  version BIGINT NOT NULL,
  doc     TEXT   NOT NULL
);
