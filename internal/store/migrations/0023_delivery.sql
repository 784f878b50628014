-- Messages on their way out. due is when one is to be sent next, in Unix
-- milliseconds; 0 for what stays in the outbox, which is all there was so far.
ALTER TABLE outbox ADD COLUMN channel TEXT NOT NULL DEFAULT '';
ALTER TABLE outbox ADD COLUMN due BIGINT NOT NULL DEFAULT 0;
CREATE INDEX outbox_by_due ON outbox (channel, due) WHERE due > 0;
