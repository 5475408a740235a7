-- Ring 0: what makes the audit trail's changes show: the chain of hashes of each tenant, its signed heads, the keys of the
-- people in it, and its exports.

-- The key under which lines of one tenant speak of one person. There may be several of one person, as each process makes
-- its own; an erasure destroys all of them, and the lines stay as they are.
CREATE TABLE platform.audit_keys (
    tenant_id      uuid        NOT NULL,
    id             uuid        NOT NULL,
    subject_id     uuid        NOT NULL,
    key_ciphertext bytea       NOT NULL,
    created_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id)
);
-- An account is erased in all tenants at once.
CREATE INDEX audit_keys_of_subject ON platform.audit_keys (subject_id, tenant_id);
CALL platform.protect('platform.audit_keys', 'SELECT, INSERT, DELETE');

-- The chain: the place of each line, and SHA-256 of the hash before it and of its canonical bytes. Written by the owner alone.
CREATE TABLE platform.audit_seals (
    tenant_id uuid   NOT NULL,
    seq       bigint NOT NULL CHECK (seq > 0),
    event_id  uuid   NOT NULL,
    hash      bytea  NOT NULL CHECK (octet_length(hash) = 32),
    PRIMARY KEY (tenant_id, seq),
    UNIQUE (tenant_id, event_id)
);
CALL platform.protect('platform.audit_seals', 'SELECT');

-- Where each tenant's chain ends, and how its last verification went. At `seq` 0 the hash is that of the tenant's id.
CREATE TABLE platform.audit_chains (
    tenant_id     uuid        NOT NULL PRIMARY KEY,
    seq           bigint      NOT NULL CHECK (seq >= 0),
    hash          bytea       NOT NULL CHECK (octet_length(hash) = 32),
    sealed_at     timestamptz NOT NULL DEFAULT now(),
    verified_at   timestamptz,
    verified_seq  bigint,
    broken_seq    bigint,
    broken_reason text,
    CHECK ((broken_seq IS NULL) = (broken_reason IS NULL))
);
CALL platform.protect('platform.audit_chains', 'SELECT');

-- Ends of chains, signed hourly. Each also stands in the program's log, so that a copy is outside of the database.
CREATE TABLE platform.audit_heads (
    tenant_id uuid        NOT NULL,
    seq       bigint      NOT NULL CHECK (seq > 0),
    hash      bytea       NOT NULL CHECK (octet_length(hash) = 32),
    signed_at timestamptz NOT NULL,
    key_id    uuid        NOT NULL,
    signature bytea       NOT NULL CHECK (octet_length(signature) = 64),
    PRIMARY KEY (tenant_id, seq)
);
CALL platform.protect('platform.audit_heads', 'SELECT');

-- Ed25519 (RFC 8032). The newest signs; the serving role reads the public halves.
CREATE TABLE directory.audit_signing_keys (
    id                     uuid        PRIMARY KEY,
    public_key             bytea       NOT NULL CHECK (octet_length(public_key) = 32),
    private_key_ciphertext bytea       NOT NULL,
    created_at             timestamptz NOT NULL
);
GRANT SELECT (id, public_key, created_at) ON directory.audit_signing_keys TO atrium_app;

-- Lines of all transactions before this one are sealed. One row, under whose lock the sealer works.
CREATE TABLE security.audit_progress (
    id            smallint PRIMARY KEY CHECK (id = 1),
    sealed_before xid8     NOT NULL
);
INSERT INTO security.audit_progress (id, sealed_before) VALUES (1, '0');

-- Trails written to a file by a job; the file stands beside in sealed parts, and goes after a week.
CREATE TABLE platform.audit_exports (
    tenant_id    uuid        NOT NULL,
    id           uuid        NOT NULL,
    status       text        NOT NULL DEFAULT 'queued' CHECK (status IN ('queued', 'ready', 'failed')),
    requested_by uuid        NOT NULL,
    from_at      timestamptz,
    to_at        timestamptz,
    records      bigint      CHECK (records >= 0),
    size         bigint      CHECK (size >= 0),
    manifest     jsonb,
    created_at   timestamptz NOT NULL,
    ready_at     timestamptz,
    expires_at   timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CHECK ((status = 'ready') = (manifest IS NOT NULL))
);
CREATE UNIQUE INDEX audit_exports_one_queued ON platform.audit_exports (tenant_id) WHERE status = 'queued';
CREATE INDEX audit_exports_expiry ON platform.audit_exports (expires_at);
CALL platform.protect('platform.audit_exports', 'SELECT, INSERT, UPDATE (status, records, size, manifest, ready_at)');

CREATE TABLE platform.audit_export_parts (
    tenant_id          uuid    NOT NULL,
    export_id          uuid    NOT NULL,
    part               integer NOT NULL CHECK (part >= 0),
    content_ciphertext bytea   NOT NULL,
    PRIMARY KEY (tenant_id, export_id, part)
);
CALL platform.protect('platform.audit_export_parts', 'SELECT, INSERT, DELETE');

ALTER TABLE platform.audit_export_parts
    ADD FOREIGN KEY (tenant_id, export_id) REFERENCES platform.audit_exports (tenant_id, id) ON DELETE CASCADE;
