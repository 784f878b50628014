-- Functions with their $LATEST configuration, published versions, aliases, and
-- the zip archives that they run, in parts and under the hash of the whole.

CREATE TABLE functions (
    region      TEXT   NOT NULL,
    name        TEXT   NOT NULL,
    code_sha256 TEXT   NOT NULL,
    version     BIGINT NOT NULL,
    doc         TEXT   NOT NULL,
    PRIMARY KEY (region, name)
);
CREATE INDEX functions_by_code ON functions (code_sha256);

CREATE TABLE function_versions (
    region        TEXT   NOT NULL,
    function_name TEXT   NOT NULL,
    number        BIGINT NOT NULL,
    code_sha256   TEXT   NOT NULL,
    version       BIGINT NOT NULL,
    doc           TEXT   NOT NULL,
    PRIMARY KEY (region, function_name, number)
);
CREATE INDEX function_versions_by_code ON function_versions (code_sha256);

CREATE TABLE function_aliases (
    region        TEXT   NOT NULL,
    function_name TEXT   NOT NULL,
    name          TEXT   NOT NULL,
    version       BIGINT NOT NULL,
    doc           TEXT   NOT NULL,
    PRIMARY KEY (region, function_name, name)
);

CREATE TABLE function_code (
    sha256  TEXT   NOT NULL,
    part    BIGINT NOT NULL,
    version BIGINT NOT NULL,
    doc     TEXT   NOT NULL,
    PRIMARY KEY (sha256, part)
);
