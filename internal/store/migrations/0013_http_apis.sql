-- HTTP APIs as they are edited. What is deployed of them, and the stages that
-- serve it, lie in gateway_deployments and gateway_stages.

CREATE TABLE http_apis (
    id      TEXT   NOT NULL PRIMARY KEY,
    region  TEXT   NOT NULL,
    version BIGINT NOT NULL,
    doc     TEXT   NOT NULL
);
CREATE INDEX http_apis_by_region ON http_apis (region, id);

-- pattern is the route key without the names of its variables: two routes of
-- one pattern would answer the same requests.
CREATE TABLE http_routes (
    api_id         TEXT   NOT NULL,
    id             TEXT   NOT NULL,
    pattern        TEXT   NOT NULL,
    integration_id TEXT   NOT NULL,
    authorizer_id  TEXT   NOT NULL,
    version        BIGINT NOT NULL,
    doc            TEXT   NOT NULL,
    PRIMARY KEY (api_id, id),
    UNIQUE (api_id, pattern)
);

CREATE TABLE http_integrations (
    api_id  TEXT   NOT NULL,
    id      TEXT   NOT NULL,
    version BIGINT NOT NULL,
    doc     TEXT   NOT NULL,
    PRIMARY KEY (api_id, id)
);

CREATE TABLE http_authorizers (
    api_id  TEXT   NOT NULL,
    id      TEXT   NOT NULL,
    name    TEXT   NOT NULL,
    version BIGINT NOT NULL,
    doc     TEXT   NOT NULL,
    PRIMARY KEY (api_id, id),
    UNIQUE (api_id, name)
);
