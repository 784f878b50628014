-- One line for each row written or deleted in a table with a feed. seq rises in
-- the order of commits and is never used twice.
CREATE TABLE changes (
    seq       INTEGER PRIMARY KEY AUTOINCREMENT,
    row_table TEXT NOT NULL,
    row_key   TEXT NOT NULL, -- JSON array of the values of the key columns
    at        BIGINT NOT NULL
);

CREATE INDEX changes_at ON changes (at);

-- One row: changes up to this seq may be gone. Who has seen less reads everything.
CREATE TABLE changes_pruned (
    seq BIGINT NOT NULL
);

INSERT INTO changes_pruned (seq) VALUES (0);

-- Data keys, each sealed by the master key.
CREATE TABLE wrapped_keys (
    purpose TEXT NOT NULL,
    number  BIGINT NOT NULL,
    version BIGINT NOT NULL,
    doc     TEXT NOT NULL,
    PRIMARY KEY (purpose, number)
);
