-- What REST APIs answer in their own words, and what an account has set for
-- those of a region.

CREATE TABLE gateway_responses (
    api_id  TEXT   NOT NULL,
    type    TEXT   NOT NULL,
    version BIGINT NOT NULL,
    doc     TEXT   NOT NULL,
    PRIMARY KEY (api_id, type)
);

CREATE TABLE gateway_accounts (
    region  TEXT   NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL,
    doc     TEXT   NOT NULL
);
