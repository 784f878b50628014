-- The name that people call the account by: one row at most.
CREATE TABLE account_aliases (
  account TEXT   NOT NULL PRIMARY KEY,
  version BIGINT NOT NULL,
  doc     TEXT   NOT NULL
);
