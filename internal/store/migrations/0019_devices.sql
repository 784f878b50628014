-- Devices that users signed in on and confirmed, and which sign-in was on which device.

CREATE TABLE user_pool_devices (
  pool_id TEXT NOT NULL,
  sub TEXT NOT NULL,
  device_key TEXT NOT NULL,
  version BIGINT NOT NULL,
  doc TEXT NOT NULL,
  PRIMARY KEY (pool_id, sub, device_key)
);

ALTER TABLE user_pool_grants ADD COLUMN device TEXT;
CREATE INDEX user_pool_grants_by_device ON user_pool_grants (pool_id, sub, device) WHERE device IS NOT NULL;
