-- Stacks that templates describe, and one row for each thing made for them. A
-- row is written before the thing is made and removed after it is gone, so that
-- nothing is forgotten when the server stops in between.

CREATE TABLE stacks (
    name    TEXT   NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL,
    doc     TEXT   NOT NULL
);

CREATE TABLE stack_resources (
    stack       TEXT   NOT NULL,
    token       TEXT   NOT NULL, -- made up for each creation
    type        TEXT   NOT NULL,
    physical_id TEXT   NOT NULL,
    version     BIGINT NOT NULL,
    doc         TEXT   NOT NULL,
    PRIMARY KEY (stack, token)
);
CREATE INDEX stack_resources_by_physical_id ON stack_resources (type, physical_id);
