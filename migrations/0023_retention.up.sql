-- Ring 0: how long each workspace keeps what has no lasting use, and what of the audit trail has left the database for archives.

-- Days by kind, where a workspace has chosen others than the instance's; a type of the program reads it.
CREATE TABLE platform.retention_policies (
    tenant_id  uuid        NOT NULL PRIMARY KEY,
    policy     jsonb       NOT NULL DEFAULT '{}',
    version    bigint      NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE TRIGGER touch BEFORE UPDATE ON platform.retention_policies FOR EACH ROW EXECUTE FUNCTION platform.touch();
CALL platform.protect('platform.retention_policies', 'SELECT, INSERT, UPDATE (policy)');

-- A stretch of a tenant's chain that stands in a file, which was read back and verified before this row was written. The chain in
-- the database begins after the last of them, as the signed manifest says. The row stays when the file has had its time: without
-- it nothing would show that the chain began earlier. Written by the owner alone.
CREATE TABLE platform.audit_archives (
    tenant_id   uuid        NOT NULL,
    id          uuid        NOT NULL,
    first_seq   bigint      NOT NULL CHECK (first_seq > 0),
    last_seq    bigint      NOT NULL,
    from_at     timestamptz NOT NULL,
    to_at       timestamptz NOT NULL,
    storage_key text        NOT NULL,
    size        bigint      NOT NULL CHECK (size > 0),
    sha256      bytea       NOT NULL CHECK (octet_length(sha256) = 32),
    manifest    jsonb       NOT NULL,
    created_at  timestamptz NOT NULL,
    removed_at  timestamptz,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, first_seq),
    UNIQUE (tenant_id, last_seq),
    CHECK (first_seq <= last_seq),
    CHECK (from_at <= to_at)
);
COMMENT ON COLUMN platform.audit_archives.from_at IS 'the times of the oldest and the newest line';
COMMENT ON COLUMN platform.audit_archives.sha256 IS 'of the compressed file; the manifest has that of the lines';
CALL platform.protect('platform.audit_archives', 'SELECT');

-- Drops the partition of a month, all of whose lines are archived; no where lines came in since then. The lock on the whole trail that
-- it takes is held for a moment and waited for no longer than the caller's lock_timeout, since whoever writes waits behind it.
CREATE FUNCTION platform.drop_audit_partition(month date, written_since xid8) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog
AS $$
DECLARE
    label    text := 'audit_events_' || to_char(month, 'YYYYMM');
    has_more boolean;
BEGIN
    IF to_regclass('platform.' || label) IS NULL THEN
        RETURN true;
    END IF;
    LOCK TABLE ONLY platform.audit_events IN ACCESS EXCLUSIVE MODE;
    EXECUTE format('LOCK TABLE platform.%I IN ACCESS EXCLUSIVE MODE', label);
    EXECUTE format('SELECT EXISTS (SELECT FROM platform.%I WHERE written_in >= $1)', label) INTO has_more USING written_since;
    IF has_more THEN
        RETURN false;
    END IF;
    EXECUTE format('DROP TABLE platform.%I', label);
    RETURN true;
END
$$;
REVOKE ALL ON FUNCTION platform.drop_audit_partition(date, xid8) FROM PUBLIC;

-- By these the retention finds what is old, of one tenant where the period is the tenant's.
CREATE INDEX mails_of_tenant ON directory.mails (tenant_id, created_at);
DROP INDEX messaging.notifications_read;
CREATE INDEX notifications_read ON messaging.notifications (tenant_id, read_at) WHERE read_at IS NOT NULL;
CREATE INDEX notifications_created ON messaging.notifications (tenant_id, created_at);
