-- Ring 4: what happens in a workspace, told to programs of others as Standard Webhooks.

INSERT INTO lookup.permissions (codename, name, category, description, resource, action) VALUES
    ('webhooks:manage', 'Manage webhooks', 'Workspace', 'Where events of the whole workspace are sent, and what was sent', 'webhooks', 'manage');
INSERT INTO lookup.permission_scopes (permission, scope) VALUES ('webhooks:manage', 'all');
-- New workspaces get it with their roles; these have theirs already. Owners have it from administrators.
INSERT INTO identity.role_permissions (tenant_id, role_id, permission)
SELECT tenant_id, id, 'webhooks:manage' FROM identity.roles WHERE kind = 'system' AND name = 'admin';

CREATE SCHEMA automation;
GRANT USAGE ON SCHEMA automation TO atrium_app;

CREATE TABLE automation.webhook_endpoints (
    tenant_id                  uuid        NOT NULL,
    id                         uuid        NOT NULL,
    url                        text        NOT NULL CHECK (char_length(url) <= 2000),
    description                text        NOT NULL DEFAULT '',
    -- NULL for every kind, those of later versions included.
    kinds                      text[]      CHECK (cardinality(kinds) > 0),
    is_active                  boolean     NOT NULL DEFAULT true,
    -- Why the program switched it off.
    disabled_reason            text        CHECK (disabled_reason IN ('gone', 'failing')),
    disabled_at                timestamptz,
    -- Since when no attempt succeeded.
    failing_since              timestamptz,
    secret_ciphertext          bytea       NOT NULL,
    -- The one before signs as well, until receivers had time to take the new one.
    previous_secret_ciphertext bytea,
    previous_valid_until       timestamptz,
    version                    bigint      NOT NULL DEFAULT 1,
    created_at                 timestamptz NOT NULL DEFAULT now(),
    updated_at                 timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    CHECK (NOT is_active OR disabled_reason IS NULL)
);
-- Not for failing_since, which no person edits.
CREATE TRIGGER touch BEFORE UPDATE OF url, description, kinds, is_active, secret_ciphertext ON automation.webhook_endpoints
    FOR EACH ROW EXECUTE FUNCTION platform.touch();
CALL platform.protect('automation.webhook_endpoints');

-- One event on its way to one endpoint. The body is kept as it is signed and sent, so that each attempt sends the same.
CREATE TABLE automation.webhook_deliveries (
    tenant_id       uuid        NOT NULL,
    id              uuid        NOT NULL,
    endpoint_id     uuid        NOT NULL,
    event_id        uuid        NOT NULL,
    kind            text        NOT NULL CHECK (kind ~ '^[a-z_]+\.[a-z_]+$'),
    subject_id      uuid        NOT NULL,
    body            text        NOT NULL,
    status          text        NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'succeeded', 'failed')),
    -- Of all rounds; a replay begins a round after so many.
    attempts        integer     NOT NULL DEFAULT 0,
    round_start     integer     NOT NULL DEFAULT 0,
    next_attempt_at timestamptz,
    -- An attempt is under way until then, unless its program was killed.
    claimed_until   timestamptz,
    created_at      timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, endpoint_id, event_id)
);
CREATE INDEX webhook_deliveries_of_endpoint ON automation.webhook_deliveries (tenant_id, endpoint_id, id DESC);
CREATE INDEX webhook_deliveries_by_status ON automation.webhook_deliveries (tenant_id, endpoint_id, status, id DESC);
CREATE INDEX webhook_deliveries_created ON automation.webhook_deliveries (tenant_id, created_at);
CALL platform.protect('automation.webhook_deliveries');

CREATE TABLE automation.webhook_attempts (
    tenant_id     uuid        NOT NULL,
    id            uuid        NOT NULL,
    delivery_id   uuid        NOT NULL,
    number        integer     NOT NULL,
    started_at    timestamptz NOT NULL,
    duration_ms   integer     NOT NULL,
    -- NULL where there was no answer; `error` says why.
    http_status   integer,
    response_body text        NOT NULL DEFAULT '',
    error         text,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, delivery_id, number)
);
CALL platform.protect('automation.webhook_attempts', 'SELECT, INSERT, DELETE');

ALTER TABLE automation.webhook_deliveries ADD FOREIGN KEY (tenant_id, endpoint_id) REFERENCES automation.webhook_endpoints (tenant_id, id) ON DELETE CASCADE;
ALTER TABLE automation.webhook_attempts ADD FOREIGN KEY (tenant_id, delivery_id) REFERENCES automation.webhook_deliveries (tenant_id, id) ON DELETE CASCADE;
