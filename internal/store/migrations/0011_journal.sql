-- Decision records of requests, in blocks: what a block holds, and its records,
-- deflated. oldest and newest are the times of its records, written that of its
-- last writing.
CREATE TABLE journal_blocks (
  id      TEXT   NOT NULL PRIMARY KEY,
  oldest  BIGINT NOT NULL,
  newest  BIGINT NOT NULL,
  written BIGINT NOT NULL,
  version BIGINT NOT NULL,
  doc     TEXT   NOT NULL
);
CREATE INDEX journal_blocks_by_time ON journal_blocks (newest, id);
CREATE INDEX journal_blocks_by_writing ON journal_blocks (written);

CREATE TABLE journal_records (
  id      TEXT   NOT NULL PRIMARY KEY,
  version BIGINT NOT NULL,
  doc     TEXT   NOT NULL
);
