-- Ring 0: the tenant context, lookup and directory schemas, outbox, audit trail, idempotency, batches, files, mails.
-- Runs as atrium_owner, which owns every table and so is not bound by the policies; atrium_app serves.

CREATE SCHEMA security;
CREATE SCHEMA platform;
CREATE SCHEMA directory;
CREATE SCHEMA lookup;
GRANT USAGE ON SCHEMA platform, directory, lookup TO atrium_app;

CREATE EXTENSION IF NOT EXISTS btree_gist;

-- The key of the tenant context, as the two padded halves of HMAC-SHA256 (RFC 2104). The program derives it from its
-- key file and writes it at start; atrium_app has no right on the schema.
CREATE TABLE security.context_keys (
    id         smallint    PRIMARY KEY CHECK (id = 1),
    inner_pad  bytea       NOT NULL CHECK (octet_length(inner_pad) = 64),
    outer_pad  bytea       NOT NULL CHECK (octet_length(outer_pad) = 64),
    created_at timestamptz NOT NULL DEFAULT now()
);

-- Marks a database that holds demo data only, so that `seed --fresh` may empty it.
CREATE TABLE security.instance (
    id         smallint    PRIMARY KEY CHECK (id = 1),
    is_demo    boolean     NOT NULL DEFAULT false,
    key_check  bytea,
    created_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO security.instance (id) VALUES (1);

-- `atrium.context` is «tenant.expiry.mac»: a uuid of 36 characters, unix seconds of 10 digits, 64 hex digits.
-- Empty (never set, or reset by a rollback) is no tenant at all; anything else that does not verify is an attack or a
-- bug, and raises.
CREATE FUNCTION platform.current_tenant() RETURNS uuid
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER
SET search_path = pg_catalog
AS $$
DECLARE
    context text := current_setting('atrium.context', true);
    key     security.context_keys;
BEGIN
    IF context IS NULL OR context = '' THEN
        RETURN NULL;
    END IF;
    SELECT * INTO key FROM security.context_keys WHERE id = 1;
    IF key.id IS NULL
       OR length(context) <> 112
       OR encode(sha256(key.outer_pad || sha256(key.inner_pad || convert_to(left(context, 47), 'UTF8'))), 'hex')
          <> substr(context, 49)
    THEN
        RAISE EXCEPTION 'tenant context refused' USING ERRCODE = 'AT001';
    END IF;
    IF substr(context, 38, 10)::bigint < extract(epoch FROM clock_timestamp()) THEN
        RAISE EXCEPTION 'tenant context expired' USING ERRCODE = 'AT002';
    END IF;
    RETURN left(context, 36)::uuid;
END
$$;
REVOKE ALL ON FUNCTION platform.current_tenant() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION platform.current_tenant() TO atrium_app;

-- Puts a tenant table behind its policies and gives the serving role its rights on the rows.
CREATE PROCEDURE platform.protect(target regclass, rights text DEFAULT 'SELECT, INSERT, UPDATE, DELETE')
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', target);
    EXECUTE format('CREATE POLICY rows ON %s USING (true) WITH CHECK (true)', target);
    EXECUTE format('CREATE POLICY tenant ON %s AS RESTRICTIVE
                    USING (tenant_id = (SELECT platform.current_tenant()))
                    WITH CHECK (tenant_id = (SELECT platform.current_tenant()))', target);
    EXECUTE format('GRANT %s ON %s TO atrium_app', rights, target);
END
$$;
REVOKE ALL ON PROCEDURE platform.protect(regclass, text) FROM PUBLIC;

-- Every change of a row that people edit moves its version, which is its ETag.
CREATE FUNCTION platform.touch() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    NEW.version    := OLD.version + 1;
    NEW.updated_at := now();
    RETURN NEW;
END
$$;

-- The outbox: one row a fact, written in the transaction of the change. `seq` orders the facts of one subject, since
-- they are written under that subject's row lock.
CREATE TABLE platform.events (
    tenant_id       uuid        NOT NULL,
    id              uuid        NOT NULL,
    seq             bigint      NOT NULL GENERATED ALWAYS AS IDENTITY,
    kind            text        NOT NULL CHECK (kind ~ '^[a-z_]+\.[a-z_]+$'),
    subject_type    text        NOT NULL,
    subject_id      uuid        NOT NULL,
    owner_id        uuid,
    payload         jsonb       NOT NULL DEFAULT '{}',
    actor_id        uuid,
    caused_by       uuid,
    created_at      timestamptz NOT NULL DEFAULT now(),
    dispatched_at   timestamptz,
    attempts        smallint    NOT NULL DEFAULT 0,
    next_attempt_at timestamptz,
    last_error      text,
    PRIMARY KEY (tenant_id, id)
);
COMMENT ON COLUMN platform.events.owner_id IS 'the member whose own record it is, for viewers limited to their own';
CREATE INDEX events_waiting ON platform.events (seq) WHERE dispatched_at IS NULL;
-- Small whatever the outbox holds: the dispatcher asks for each waiting event whether an earlier one of its subject is put off.
CREATE INDEX events_put_off ON platform.events (tenant_id, subject_id, seq) WHERE dispatched_at IS NULL AND next_attempt_at IS NOT NULL;
CREATE INDEX events_delivered ON platform.events (tenant_id, dispatched_at, seq) WHERE dispatched_at IS NOT NULL;
CALL platform.protect('platform.events', 'SELECT, INSERT, UPDATE (dispatched_at, attempts, next_attempt_at, last_error)');

-- Month partitions by range of the UUIDv7 id, whose first 48 bits are milliseconds (RFC 9562). What a line says about a person
-- is sealed under a key of that person's own (`audit_keys`): who acted and from where in `actor_ciphertext`, old and new
-- values of records about people in `values_ciphertext`. The time and the transaction are the database's to say.
CREATE TABLE platform.audit_events (
    tenant_id         uuid        NOT NULL,
    id                uuid        NOT NULL,
    actor_id          uuid,
    actor_name        text,
    actor_key         uuid,
    actor_ciphertext  bytea,
    action            text        NOT NULL,
    description       text,
    entity_type       text        NOT NULL,
    entity_id         uuid,
    old_values        jsonb,
    new_values        jsonb,
    values_key        uuid,
    values_ciphertext bytea,
    metadata          jsonb,
    request_id        uuid,
    created_at        timestamptz NOT NULL DEFAULT now(),
    written_in        xid8        NOT NULL DEFAULT pg_current_xact_id(),
    PRIMARY KEY (tenant_id, id),
    CHECK ((actor_key IS NULL) = (actor_ciphertext IS NULL)),
    CHECK ((values_key IS NULL) = (values_ciphertext IS NULL))
) PARTITION BY RANGE (id);
CREATE INDEX audit_events_of_actor  ON platform.audit_events (tenant_id, actor_id, id DESC);
CREATE INDEX audit_events_of_action ON platform.audit_events (tenant_id, action, id DESC);
CREATE INDEX audit_events_of_entity ON platform.audit_events (tenant_id, entity_type, entity_id, id DESC);
-- By it the sealer finds what was committed since its last look.
CREATE INDEX audit_events_written ON platform.audit_events (written_in);
CALL platform.protect('platform.audit_events', 'SELECT, INSERT (tenant_id, id, actor_id, actor_name, actor_key, actor_ciphertext, action,
    description, entity_type, entity_id, old_values, new_values, values_key, values_ciphertext, metadata, request_id)');

CREATE FUNCTION platform.ensure_audit_partitions(first_month date, months integer) RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog
AS $$
DECLARE
    month   date;
    made    integer := 0;
    label   text;
    bounds  text[];
BEGIN
    FOR n IN 0 .. months - 1 LOOP
        month := (date_trunc('month', first_month) + make_interval(months => n))::date;
        label := 'audit_events_' || to_char(month, 'YYYYMM');
        CONTINUE WHEN to_regclass('platform.' || label) IS NOT NULL;
        SELECT array_agg(left(hex, 8) || '-' || right(hex, 4) || '-0000-0000-000000000000' ORDER BY hex)
          INTO bounds
          FROM unnest(ARRAY[month::timestamp, month + interval '1 month']) AS edge,
               lpad(to_hex((extract(epoch FROM edge AT TIME ZONE 'UTC') * 1000)::bigint), 12, '0') AS hex;
        EXECUTE format('CREATE TABLE platform.%I PARTITION OF platform.audit_events FOR VALUES FROM (%L) TO (%L)',
                       label, bounds[1], bounds[2]);
        made := made + 1;
    END LOOP;
    RETURN made;
END
$$;
REVOKE ALL ON FUNCTION platform.ensure_audit_partitions(date, integer) FROM PUBLIC;
SELECT platform.ensure_audit_partitions((now() - interval '1 month')::date, 6);

-- One row a key: the claim and the answer stand in the transaction of the effect.
CREATE TABLE platform.idempotency_keys (
    tenant_id         uuid        NOT NULL,
    actor             text        NOT NULL,
    route             text        NOT NULL,
    key               text        NOT NULL,
    request_hash      bytea       NOT NULL,
    status            smallint,
    headers           jsonb,
    answer_ciphertext bytea,
    created_at        timestamptz NOT NULL DEFAULT now(),
    expires_at        timestamptz NOT NULL DEFAULT now() + interval '24 hours',
    PRIMARY KEY (tenant_id, actor, route, key)
);
CREATE INDEX idempotency_keys_expiry ON platform.idempotency_keys (expires_at);
CALL platform.protect('platform.idempotency_keys');

CREATE TABLE directory.idempotency_keys (
    actor             text        NOT NULL,
    route             text        NOT NULL,
    key               text        NOT NULL,
    request_hash      bytea       NOT NULL,
    status            smallint,
    headers           jsonb,
    answer_ciphertext bytea,
    created_at        timestamptz NOT NULL DEFAULT now(),
    expires_at        timestamptz NOT NULL DEFAULT now() + interval '24 hours',
    PRIMARY KEY (actor, route, key)
);
CREATE INDEX idempotency_keys_expiry ON directory.idempotency_keys (expires_at);
GRANT SELECT, INSERT, UPDATE ON directory.idempotency_keys TO atrium_app;

CREATE TABLE platform.job_batches (
    tenant_id    uuid        NOT NULL,
    id           uuid        NOT NULL,
    name         text        NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
    total_jobs   integer     NOT NULL DEFAULT 0 CHECK (total_jobs >= 0),
    pending_jobs integer     NOT NULL DEFAULT 0 CHECK (pending_jobs >= 0),
    failed_jobs  integer     NOT NULL DEFAULT 0 CHECK (failed_jobs >= 0),
    options      jsonb       NOT NULL DEFAULT '{}',
    created_by   uuid,
    cancelled_at timestamptz,
    created_at   timestamptz NOT NULL DEFAULT now(),
    finished_at  timestamptz,
    PRIMARY KEY (tenant_id, id),
    CHECK (pending_jobs <= total_jobs)
);
CALL platform.protect('platform.job_batches');

CREATE TABLE platform.files (
    tenant_id    uuid        NOT NULL,
    id           uuid        NOT NULL,
    name         text        NOT NULL CHECK (char_length(name) BETWEEN 1 AND 255),
    content_type text        NOT NULL,
    size         bigint      NOT NULL CHECK (size >= 0),
    sha256       bytea       NOT NULL,
    storage_key  text        NOT NULL,
    uploaded_by  uuid,
    created_at   timestamptz NOT NULL DEFAULT now(),
    deleted_at   timestamptz,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, storage_key)
);
CALL platform.protect('platform.files');

-- Jobs: graphile_worker's tables admit their owner only, so requests enqueue through this function. The tenant comes
-- from the sealed context and not from the caller's payload. The queue's own add_jobs plans its statements anew at each
-- call, since it takes an array; a kept plan halves its time.
CREATE FUNCTION platform.enqueue(jobs jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    tenant uuid := platform.current_tenant();
    made   integer;
    keys   text[];
BEGIN
    -- A job under a new key or none needs nothing of what add_jobs looks up and locks, which takes fifteen times as long.
    WITH new AS (
        INSERT INTO graphile_worker._private_jobs (task_id, payload, run_at, max_attempts, key)
        SELECT known.id, (payload || jsonb_build_object('tenant_id', tenant))::json, coalesce(run_at, now()), max_attempts,
               coalesce(tenant::text, 'instance') || ':' || job_key
          FROM jsonb_to_recordset(jobs) AS job (task text, payload jsonb, run_at timestamptz, job_key text, max_attempts smallint,
                                                queue_name text)
          JOIN graphile_worker._private_tasks known ON known.identifier = task
         WHERE queue_name IS NULL
         ORDER BY job_key
            ON CONFLICT (key) DO NOTHING
        RETURNING key
    )
    SELECT count(*), coalesce(array_agg(key) FILTER (WHERE key IS NOT NULL), '{}') INTO made, keys FROM new;
    IF made > 0 THEN
        -- As add_jobs says it; notices of one transaction that are alike would be one.
        PERFORM pg_notify('jobs:insert', '{"r":' || random()::text || ',"count":' || made || '}');
    END IF;
    IF made < jsonb_array_length(jobs) THEN
        PERFORM graphile_worker.add_jobs(ARRAY(
            SELECT ROW(task, (payload || jsonb_build_object('tenant_id', tenant))::json, queue_name, run_at, max_attempts,
                       coalesce(tenant::text, 'instance') || ':' || job_key, NULL, NULL)::graphile_worker.job_spec
              FROM jsonb_to_recordset(jobs) AS job (task text, payload jsonb, run_at timestamptz, job_key text, max_attempts smallint,
                                                    queue_name text)
             WHERE queue_name IS NOT NULL
                OR NOT EXISTS (SELECT FROM graphile_worker._private_tasks known WHERE known.identifier = task)
                OR job_key IS NOT NULL AND coalesce(tenant::text, 'instance') || ':' || job_key <> ALL (keys)));
    END IF;
END
$$;
REVOKE ALL ON FUNCTION platform.enqueue(jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION platform.enqueue(jsonb) TO atrium_app;

CREATE FUNCTION platform.dequeue(job_key text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog
AS $$
BEGIN
    PERFORM graphile_worker.remove_job(coalesce(platform.current_tenant()::text, 'instance') || ':' || job_key);
END
$$;
REVOKE ALL ON FUNCTION platform.dequeue(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION platform.dequeue(text) TO atrium_app;

-- Mails span tenants and exist before one is known (sign-up, reset), so they stand in the directory. What they say is
-- sealed, since some hold secret links.
CREATE TABLE directory.mails (
    id                 uuid        PRIMARY KEY,
    tenant_id          uuid,
    kind               text        NOT NULL,
    recipient          text        NOT NULL,
    subject            text        NOT NULL,
    message_ciphertext bytea       NOT NULL,
    status             text        NOT NULL DEFAULT 'queued' CHECK (status IN ('queued', 'sending', 'sent', 'kept', 'failed')),
    attempts           smallint    NOT NULL DEFAULT 0,
    last_error         text,
    dedupe_key         text        UNIQUE,
    created_at         timestamptz NOT NULL DEFAULT now(),
    sent_at            timestamptz
);
CREATE INDEX mails_newest ON directory.mails (created_at DESC, id DESC);
CREATE INDEX mails_failed ON directory.mails (tenant_id) WHERE status = 'failed';
CREATE INDEX mails_recipient ON directory.mails (lower(recipient));
GRANT SELECT (id), INSERT ON directory.mails TO atrium_app;

-- Outgoing mail of a tenant of its own; without a row the instance's is used.
CREATE TABLE platform.mail_settings (
    tenant_id           uuid        NOT NULL PRIMARY KEY,
    host                text        NOT NULL,
    port                integer     NOT NULL CHECK (port BETWEEN 1 AND 65535),
    security            text        NOT NULL CHECK (security IN ('tls', 'starttls', 'none')),
    username            text,
    password_ciphertext bytea,
    from_address        text        NOT NULL,
    from_name           text        NOT NULL DEFAULT '',
    version             bigint      NOT NULL DEFAULT 1,
    created_at          timestamptz NOT NULL DEFAULT now(),
    updated_at          timestamptz NOT NULL DEFAULT now()
);
CREATE TRIGGER touch BEFORE UPDATE ON platform.mail_settings FOR EACH ROW EXECUTE FUNCTION platform.touch();
CALL platform.protect('platform.mail_settings');
