-- Identity providers of the account: OpenID Connect and SAML.
CREATE TABLE iam_providers (
  arn     TEXT   NOT NULL PRIMARY KEY,
  kind    TEXT   NOT NULL,
  version BIGINT NOT NULL,
  doc     TEXT   NOT NULL
);
CREATE INDEX iam_providers_by_kind ON iam_providers (kind, arn);

-- SAML assertions that have been redeemed, by a hash of provider and id, until
-- they would be refused for their age.
CREATE TABLE iam_assertions (
  id      TEXT   NOT NULL PRIMARY KEY,
  expires BIGINT NOT NULL,
  version BIGINT NOT NULL,
  doc     TEXT   NOT NULL
);
CREATE INDEX iam_assertions_by_expiry ON iam_assertions (expires);
