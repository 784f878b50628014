-- Access keys of the account. The secret lies in doc, sealed by the keyring.
CREATE TABLE access_keys (
  id      TEXT   NOT NULL PRIMARY KEY,
  owner   TEXT   NOT NULL,
  version BIGINT NOT NULL,
  doc     TEXT   NOT NULL
);
CREATE UNIQUE INDEX access_keys_one_root ON access_keys (owner) WHERE owner = 'root';

-- What would have been mailed or texted. The message lies in doc, sealed by the keyring.
CREATE TABLE outbox (
  id      TEXT   NOT NULL PRIMARY KEY,
  sent_to TEXT   NOT NULL, -- a keyed hash of the address
  at      BIGINT NOT NULL,
  version BIGINT NOT NULL,
  doc     TEXT   NOT NULL
);
CREATE INDEX outbox_by_time ON outbox (at);
CREATE INDEX outbox_by_address ON outbox (sent_to, id);
