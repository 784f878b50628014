-- REST APIs as they are edited, the deployments frozen from them, and the
-- stages that serve a deployment.

CREATE TABLE gateway_apis (
    id      TEXT   NOT NULL PRIMARY KEY,
    region  TEXT   NOT NULL,
    version BIGINT NOT NULL,
    doc     TEXT   NOT NULL
);
CREATE INDEX gateway_apis_by_region ON gateway_apis (region, id);

CREATE TABLE gateway_resources (
    api_id    TEXT   NOT NULL,
    id        TEXT   NOT NULL,
    parent_id TEXT   NOT NULL,
    path_part TEXT   NOT NULL,
    version   BIGINT NOT NULL,
    doc       TEXT   NOT NULL,
    PRIMARY KEY (api_id, id),
    UNIQUE (api_id, parent_id, path_part)
);

CREATE TABLE gateway_authorizers (
    api_id  TEXT   NOT NULL,
    id      TEXT   NOT NULL,
    name    TEXT   NOT NULL,
    version BIGINT NOT NULL,
    doc     TEXT   NOT NULL,
    PRIMARY KEY (api_id, id),
    UNIQUE (api_id, name)
);

CREATE TABLE gateway_deployments (
    api_id  TEXT   NOT NULL,
    id      TEXT   NOT NULL,
    version BIGINT NOT NULL,
    doc     TEXT   NOT NULL,
    PRIMARY KEY (api_id, id)
);

CREATE TABLE gateway_stages (
    api_id        TEXT   NOT NULL,
    name          TEXT   NOT NULL,
    deployment_id TEXT   NOT NULL,
    version       BIGINT NOT NULL,
    doc           TEXT   NOT NULL,
    PRIMARY KEY (api_id, name)
);
