-- What a tenant lends the instance's support: asked for by an administrator of the instance, granted by a member who may.

CREATE TABLE identity.support_leases (
    tenant_id        uuid        NOT NULL,
    id               uuid        NOT NULL,
    status           text        NOT NULL CHECK (status IN ('requested', 'granted', 'declined', 'revoked')),
    -- Who asked for it, and alone may use it; without, any administrator of the instance.
    administrator_id uuid,
    request_reason   text        CHECK (char_length(request_reason) BETWEEN 1 AND 500),
    reason           text        CHECK (char_length(reason) BETWEEN 1 AND 500),
    granted_by       uuid,
    granted_at       timestamptz,
    starts_at        timestamptz,
    ends_at          timestamptz,
    -- Never those by which data leave or go, or by which credentials, roles, policies or ownership change.
    permissions      text[]      NOT NULL DEFAULT '{}'
                     CHECK (permissions <@ '{audit:read,bookings:read,bookings:write,contacts:read,contacts:write,event_types:read,
                                             event_types:write,invitations:read,jobs:manage,members:read,organizers:read,organizers:write,
                                             roles:read,schedules:read,schedules:write,settings:read}'::text[]),
    shows_personal   boolean     NOT NULL DEFAULT false,
    created_at       timestamptz NOT NULL,
    ended_by         uuid,
    ended_at         timestamptz,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT support_leases_length CHECK (starts_at < ends_at AND ends_at <= starts_at + interval '7 days'),
    CHECK (status <> 'granted' OR num_nulls(reason, granted_by, granted_at, starts_at, ends_at) = 0),
    CHECK (status <> 'requested' OR administrator_id IS NOT NULL AND request_reason IS NOT NULL),
    CHECK (shows_personal OR NOT permissions && '{bookings:write,contacts:write}'::text[])
);
CREATE UNIQUE INDEX support_leases_one_request ON identity.support_leases (tenant_id, administrator_id) WHERE status = 'requested';
CREATE INDEX support_leases_open ON identity.support_leases (id) WHERE status IN ('requested', 'granted');
CALL platform.protect('identity.support_leases', 'SELECT, INSERT, UPDATE (status, reason, granted_by, granted_at, starts_at, ends_at,
    permissions, shows_personal, ended_by, ended_at)');

ALTER TABLE identity.support_leases
    ADD FOREIGN KEY (tenant_id, granted_by) REFERENCES identity.members (tenant_id, user_id) ON DELETE RESTRICT;
ALTER TABLE directory.sessions
    ADD FOREIGN KEY (tenant_id, lease_id) REFERENCES identity.support_leases (tenant_id, id) ON DELETE CASCADE;
CREATE TRIGGER tell AFTER DELETE OR UPDATE ON identity.support_leases
    FOR EACH ROW EXECUTE FUNCTION identity.tell_sessions('tenant', 'tenant_id');
