-- A booking's life: events with several owners, and times that are kept while somebody fills in the form.

ALTER TABLE platform.events ADD COLUMN co_owners uuid[] NOT NULL DEFAULT '{}';
COMMENT ON COLUMN platform.events.co_owners IS 'members whose own record it is beside owner_id';

-- Whose form it is, is known by a secret. Its time stands in `occupancy` under the same id, and both go together. What has run out
-- takes nothing: who looks leaves it out, and who books removes it.
CREATE TABLE scheduling.holds (
    tenant_id             uuid        NOT NULL,
    id                    uuid        NOT NULL,
    event_type_id         uuid        NOT NULL,
    secret_hash           bytea       NOT NULL CHECK (octet_length(secret_hash) = 32),
    previous_hash         bytea       CHECK (octet_length(previous_hash) = 32),
    address_hash          bytea       NOT NULL CHECK (octet_length(address_hash) = 32),
    start_time            timestamptz NOT NULL,
    end_time              timestamptz NOT NULL,
    buffer_before_minutes integer     NOT NULL,
    buffer_after_minutes  integer     NOT NULL,
    expires_at            timestamptz NOT NULL,
    created_at            timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, secret_hash),
    CHECK (start_time < end_time)
);
COMMENT ON COLUMN scheduling.holds.previous_hash IS 'what the visitor had before: who asks twice at once is the same person';
COMMENT ON COLUMN scheduling.holds.address_hash IS 'keyed: tells how many one network has, and not which network it is';
CREATE INDEX holds_of_event_type ON scheduling.holds (tenant_id, event_type_id, expires_at);
CREATE INDEX holds_previous      ON scheduling.holds (tenant_id, previous_hash) WHERE previous_hash IS NOT NULL;
CREATE INDEX holds_of_address    ON scheduling.holds (tenant_id, address_hash, expires_at);
CREATE INDEX holds_run_out       ON scheduling.holds (expires_at);
CREATE INDEX occupancy_run_out ON scheduling.occupancy (expires_at) WHERE expires_at IS NOT NULL;
CALL platform.protect('scheduling.holds');

ALTER TABLE scheduling.holds
    ADD FOREIGN KEY (tenant_id, event_type_id) REFERENCES scheduling.event_types (tenant_id, id) ON DELETE CASCADE;
