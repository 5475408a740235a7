-- Ring 1: what happens to people and tenants over time: pictures, new addresses, closing, deletion and erasure, exports,
-- consent.

-- Avatars and logos, as the program drew them anew: small, without what a camera writes into a picture. In the database, so
-- that a change is one transaction and an erasure leaves nothing behind. Whoever knows the id may see it.
CREATE TABLE directory.pictures (
    id           uuid        PRIMARY KEY,
    user_id      uuid        UNIQUE REFERENCES directory.users ON DELETE CASCADE,
    tenant_id    uuid        UNIQUE REFERENCES directory.tenants ON DELETE CASCADE,
    content_type text        NOT NULL CHECK (content_type IN ('image/png', 'image/jpeg')),
    bytes        bytea       NOT NULL CHECK (octet_length(bytes) BETWEEN 1 AND 2097152),
    created_at   timestamptz NOT NULL DEFAULT now(),
    CHECK (num_nonnulls(user_id, tenant_id) = 1)
);
GRANT SELECT, INSERT, DELETE ON directory.pictures TO atrium_app;

-- A new address counts when a link sent to it is used.
CREATE TABLE directory.email_changes (
    id         uuid        PRIMARY KEY,
    user_id    uuid        NOT NULL REFERENCES directory.users ON DELETE CASCADE,
    email      text        NOT NULL CHECK (char_length(email) <= 254),
    email_key  text        NOT NULL,
    token_hash bytea       NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    used_at    timestamptz
);
CREATE UNIQUE INDEX email_changes_one_waiting ON directory.email_changes (user_id) WHERE used_at IS NULL;
GRANT SELECT, INSERT, UPDATE (used_at) ON directory.email_changes TO atrium_app;

-- Whoever closes an account may come back until it is erased, by the link in the mail.
CREATE TABLE directory.account_closures (
    id           uuid        PRIMARY KEY,
    user_id      uuid        NOT NULL REFERENCES directory.users ON DELETE RESTRICT,
    token_hash   bytea       NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),
    requested_at timestamptz NOT NULL,
    erase_after  timestamptz NOT NULL,
    cancelled_at timestamptz,
    erased_at    timestamptz
);
CREATE UNIQUE INDEX account_closures_one_waiting ON directory.account_closures (user_id) WHERE cancelled_at IS NULL AND erased_at IS NULL;
CREATE INDEX account_closures_due ON directory.account_closures (erase_after) WHERE cancelled_at IS NULL AND erased_at IS NULL;

CREATE TABLE directory.tenant_status_changes (
    id         uuid        PRIMARY KEY,
    tenant_id  uuid        NOT NULL REFERENCES directory.tenants ON DELETE RESTRICT,
    status     text        NOT NULL REFERENCES lookup.tenant_statuses,
    reason     text        NOT NULL,
    changed_by uuid        REFERENCES directory.users ON DELETE RESTRICT,
    changed_at timestamptz NOT NULL
);
CREATE INDEX tenant_status_changes_tenant ON directory.tenant_status_changes (tenant_id, changed_at DESC);

-- What an erasure removed and what stays: counts and reasons, and nothing of what was erased but a tenant's name.
CREATE TABLE directory.erasures (
    id           uuid        PRIMARY KEY,
    kind         text        NOT NULL CHECK (kind IN ('tenant', 'user')),
    subject_id   uuid        NOT NULL,
    label        text        NOT NULL DEFAULT '',
    requested_by uuid,
    started_at   timestamptz NOT NULL,
    finished_at  timestamptz,
    report       jsonb       NOT NULL DEFAULT '{}',
    UNIQUE (kind, subject_id)
);
-- A user is forgotten tenant by tenant, each with its counts in the same transaction.
GRANT SELECT (kind, subject_id, report), UPDATE (report) ON directory.erasures TO atrium_app;

-- All that is known of a user, made by a job, sealed, and gone after a week.
CREATE TABLE directory.data_exports (
    id                 uuid        PRIMARY KEY,
    user_id            uuid        NOT NULL REFERENCES directory.users ON DELETE CASCADE,
    status             text        NOT NULL DEFAULT 'queued' CHECK (status IN ('queued', 'ready', 'failed')),
    content_ciphertext bytea,
    size               bigint      CHECK (size >= 0),
    created_at         timestamptz NOT NULL,
    ready_at           timestamptz,
    expires_at         timestamptz NOT NULL,
    CHECK ((status = 'ready') = (content_ciphertext IS NOT NULL))
);
CREATE INDEX data_exports_user ON directory.data_exports (user_id, id DESC);
CREATE UNIQUE INDEX data_exports_one_queued ON directory.data_exports (user_id) WHERE status = 'queued';
CREATE INDEX data_exports_expiry ON directory.data_exports (expires_at);
GRANT SELECT, INSERT ON directory.data_exports TO atrium_app;

-- What somebody agreed to, in which version of its text, when and from where.
CREATE TABLE directory.consents (
    id           uuid        PRIMARY KEY,
    user_id      uuid        NOT NULL REFERENCES directory.users ON DELETE RESTRICT,
    purpose      text        NOT NULL CHECK (purpose IN ('terms', 'newsletter', 'marketing', 'updates')),
    text_version text        NOT NULL CHECK (char_length(text_version) BETWEEN 1 AND 40),
    is_given     boolean     NOT NULL,
    ip_address   inet,
    user_agent   text,
    created_at   timestamptz NOT NULL
);
CREATE INDEX consents_user ON directory.consents (user_id, id DESC);
GRANT SELECT, INSERT ON directory.consents TO atrium_app;

CREATE TABLE identity.ownership_offers (
    tenant_id    uuid        NOT NULL,
    id           uuid        NOT NULL,
    from_user_id uuid        NOT NULL,
    to_user_id   uuid        NOT NULL,
    status       text        NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'accepted', 'declined', 'withdrawn')),
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    responded_at timestamptz,
    PRIMARY KEY (tenant_id, id),
    CHECK (from_user_id <> to_user_id),
    CHECK ((status = 'pending') = (responded_at IS NULL))
);
CREATE UNIQUE INDEX ownership_offers_one_pending ON identity.ownership_offers (tenant_id) WHERE status = 'pending';
CALL platform.protect('identity.ownership_offers', 'SELECT, INSERT, UPDATE (status, responded_at)');

ALTER TABLE identity.ownership_offers
    ADD FOREIGN KEY (tenant_id, from_user_id) REFERENCES identity.members (tenant_id, user_id) ON DELETE RESTRICT,
    ADD FOREIGN KEY (tenant_id, to_user_id)   REFERENCES identity.members (tenant_id, user_id) ON DELETE RESTRICT;

-- The serving role writes no addresses of users: only a link that was sent to the new one does. Nothing comes back for
-- a link that is used up, has run out or never was, nor where somebody has the address by now.
CREATE FUNCTION identity.change_email(presented bytea, at timestamptz)
RETURNS TABLE (user_id uuid, name text, locale text, old_email text, new_email text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog
AS $$
#variable_conflict use_column
DECLARE
    wanted directory.email_changes;
    before directory.users;
BEGIN
    UPDATE directory.email_changes c SET used_at = at
     WHERE c.token_hash = presented AND c.used_at IS NULL AND c.expires_at > at
    RETURNING * INTO wanted;
    IF wanted.id IS NULL THEN
        RETURN;
    END IF;
    SELECT * INTO before FROM directory.users u WHERE u.id = wanted.user_id AND u.status = 'active' FOR NO KEY UPDATE;
    IF before.id IS NULL OR EXISTS (SELECT FROM directory.users u WHERE u.email_key = wanted.email_key AND u.deleted_at IS NULL
                                       AND u.id <> before.id) THEN
        RETURN;
    END IF;
    UPDATE directory.users u SET email = wanted.email, email_key = wanted.email_key, email_verified_at = at WHERE u.id = before.id;
    RETURN QUERY SELECT before.id, before.name, before.locale, before.email, wanted.email;
END
$$;
REVOKE ALL ON FUNCTION identity.change_email(bytea, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION identity.change_email(bytea, timestamptz) TO atrium_app;

-- Deletion of the tenant of the sealed context, which nobody else's can be: false where its status does not allow it.
CREATE FUNCTION identity.request_deletion(by_user uuid, at timestamptz) RETURNS timestamptz
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog
AS $$
DECLARE
    due timestamptz;
BEGIN
    UPDATE directory.tenants
       SET status = 'pending_deletion', deletion_requested_at = at, deletion_scheduled_at = at + make_interval(days => grace_period_days)
     WHERE id = platform.current_tenant() AND status = 'active'
    RETURNING deletion_scheduled_at INTO due;
    IF due IS NOT NULL THEN
        INSERT INTO directory.tenant_status_changes (id, tenant_id, status, reason, changed_by, changed_at)
        VALUES (gen_random_uuid(), platform.current_tenant(), 'pending_deletion', 'asked for by an owner', by_user, at);
    END IF;
    RETURN due;
END
$$;
REVOKE ALL ON FUNCTION identity.request_deletion(uuid, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION identity.request_deletion(uuid, timestamptz) TO atrium_app;

CREATE FUNCTION identity.cancel_deletion(by_user uuid, at timestamptz) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog
AS $$
BEGIN
    -- Once the erasure has begun there is nothing whole to come back to. Whether it has is read after its lock was waited for.
    PERFORM FROM directory.tenants t WHERE t.id = platform.current_tenant() FOR UPDATE;
    UPDATE directory.tenants t SET status = 'active', deletion_requested_at = NULL, deletion_scheduled_at = NULL
     WHERE t.id = platform.current_tenant() AND t.status = 'pending_deletion'
       AND NOT EXISTS (SELECT FROM directory.erasures e WHERE e.kind = 'tenant' AND e.subject_id = t.id);
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    INSERT INTO directory.tenant_status_changes (id, tenant_id, status, reason, changed_by, changed_at)
    VALUES (gen_random_uuid(), platform.current_tenant(), 'active', 'deletion cancelled by an owner', by_user, at);
    RETURN true;
END
$$;
REVOKE ALL ON FUNCTION identity.cancel_deletion(uuid, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION identity.cancel_deletion(uuid, timestamptz) TO atrium_app;

-- Every table that holds rows of tenants, what refers to others before what it refers to; partitions one by one. What the
-- instance keeps about a tenant, and sessions, which are their users', are not among them.
CREATE FUNCTION platform.tenant_tables() RETURNS SETOF text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog
AS $$
DECLARE
    remaining oid[];
    next      oid[];
BEGIN
    SELECT array_agg(c.oid) INTO remaining
      FROM pg_class c
      JOIN pg_namespace n ON n.oid = c.relnamespace
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
     WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'graphile_worker')
       AND NOT (n.nspname = 'directory' AND c.relname IN ('sessions', 'tenant_status_changes'));
    WHILE cardinality(remaining) > 0 LOOP
        SELECT array_agg(t ORDER BY t::regclass::text) INTO next
          FROM unnest(remaining) AS t
         WHERE NOT EXISTS (SELECT FROM pg_constraint f
                            WHERE f.contype = 'f' AND f.confrelid = t AND f.conrelid <> t AND f.conrelid = ANY (remaining));
        IF next IS NULL THEN
            RAISE EXCEPTION 'these tables refer to each other in a circle: %', remaining::regclass[];
        END IF;
        RETURN QUERY SELECT t::regclass::text FROM unnest(next) AS t;
        remaining := ARRAY(SELECT t FROM unnest(remaining) AS t WHERE t <> ALL (next));
    END LOOP;
END
$$;
REVOKE ALL ON FUNCTION platform.tenant_tables() FROM PUBLIC;

-- Erases up to so many of a tenant's rows in one table, for the owner alone; answers how many went, and whether some may be left.
CREATE FUNCTION platform.erase_rows(tenant uuid, target regclass, most integer, OUT erased integer, OUT is_done boolean)
LANGUAGE plpgsql SET search_path = pg_catalog
AS $$
DECLARE
    reference name;
    freed     integer;
BEGIN
    -- Rows that refer to others of the same table would keep those.
    FOR reference IN
        SELECT a.attname FROM pg_constraint f JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = ANY (f.conkey)
         WHERE f.contype = 'f' AND f.conrelid = target AND f.confrelid = target AND a.attname <> 'tenant_id'
    LOOP
        EXECUTE format('UPDATE %1$s SET %2$I = NULL WHERE ctid = ANY (ARRAY(SELECT ctid FROM %1$s WHERE tenant_id = $1 AND %2$I IS NOT NULL LIMIT $2))',
                       target, reference) USING tenant, most;
        GET DIAGNOSTICS freed = ROW_COUNT;
        IF freed = most THEN
            erased := 0;
            is_done := false;
            RETURN;
        END IF;
    END LOOP;
    EXECUTE format('DELETE FROM %1$s WHERE ctid = ANY (ARRAY(SELECT ctid FROM %1$s WHERE tenant_id = $1 LIMIT $2))', target)
      USING tenant, most;
    GET DIAGNOSTICS erased = ROW_COUNT;
    is_done := erased < most;
END
$$;
REVOKE ALL ON FUNCTION platform.erase_rows(uuid, regclass, integer) FROM PUBLIC;

-- Whom to tell of suspicious activity of a user: it spans the tenants that want to know, so it runs as the owner.
CREATE FUNCTION identity.admins_to_tell(about uuid)
RETURNS TABLE (tenant_id uuid, workspace text, user_id uuid, name text, email text, locale text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
AS $$
    SELECT t.id, t.name, a.user_id, a.display_name, a.email, a.locale
      FROM identity.members m
      JOIN directory.tenants t ON t.id = m.tenant_id AND t.status = 'active' AND t.alerts_admins
      JOIN identity.members a ON a.tenant_id = m.tenant_id AND a.status = 'active' AND a.user_id <> m.user_id
     WHERE m.user_id = about AND m.status = 'active'
       AND EXISTS (SELECT FROM identity.member_roles mr
                     JOIN identity.roles r ON r.tenant_id = mr.tenant_id AND r.id = mr.role_id
                    WHERE mr.tenant_id = a.tenant_id AND mr.user_id = a.user_id AND r.kind = 'system' AND r.name IN ('owner', 'admin'))
     ORDER BY t.id, a.user_id
     LIMIT 100
$$;
REVOKE ALL ON FUNCTION identity.admins_to_tell(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION identity.admins_to_tell(uuid) TO atrium_app;

-- Tells the workspaces that a user is active in what happened to the account, each as an event of its own that only that
-- user sees. It spans tenants, so it runs as the owner.
CREATE FUNCTION identity.tell_workspaces(about uuid, notice jsonb) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog
AS $$
    INSERT INTO platform.events (tenant_id, id, kind, subject_type, subject_id, owner_id, payload)
    SELECT m.tenant_id, gen_random_uuid(), 'account.noticed', 'account', about, about, notice
      FROM identity.members m
      JOIN directory.tenants t ON t.id = m.tenant_id AND t.status = 'active'
     WHERE m.user_id = about AND m.status = 'active'
$$;
REVOKE ALL ON FUNCTION identity.tell_workspaces(uuid, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION identity.tell_workspaces(uuid, jsonb) TO atrium_app;

-- Erases what is a user's alone outside of tenants, for the owner alone: the rows of every table that would go with the user's row.
CREATE FUNCTION platform.erase_of_user(who uuid) RETURNS TABLE (name text, erased bigint)
LANGUAGE plpgsql SET search_path = pg_catalog
AS $$
DECLARE
    key name;
    target regclass;
BEGIN
    FOR target, key IN
        SELECT f.conrelid::regclass, a.attname
          FROM pg_constraint f
          JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = f.conkey[1]
         WHERE f.contype = 'f' AND f.confrelid = 'directory.users'::regclass AND f.confdeltype = 'c'
         ORDER BY f.conrelid::regclass::text, a.attname
    LOOP
        EXECUTE format('DELETE FROM %s WHERE %I = $1', target, key) USING who;
        GET DIAGNOSTICS erased = ROW_COUNT;
        name := target::text;
        RETURN NEXT;
    END LOOP;
END
$$;
REVOKE ALL ON FUNCTION platform.erase_of_user(uuid) FROM PUBLIC;

-- Empties what the outbox says about these subjects in the tenant of the context; that something happened stays. What waits
-- for its reactions waits no more: nobody is to be told of who is erased.
CREATE FUNCTION platform.forget_facts(subjects uuid[]) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog
AS $$
DECLARE
    emptied bigint;
BEGIN
    UPDATE platform.events e SET payload = '{}', dispatched_at = coalesce(e.dispatched_at, now())
     WHERE e.tenant_id = platform.current_tenant() AND e.subject_id = ANY (subjects) AND e.payload <> '{}';
    GET DIAGNOSTICS emptied = ROW_COUNT;
    RETURN emptied;
END
$$;
REVOKE ALL ON FUNCTION platform.forget_facts(uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION platform.forget_facts(uuid[]) TO atrium_app;
