-- Ring 1: what somebody shows beside a password, or in its place.

-- One authenticator app for each user. A code counts once: its step must lie after the last one.
CREATE TABLE directory.totp_credentials (
    user_id           uuid        PRIMARY KEY REFERENCES directory.users ON DELETE CASCADE,
    secret_ciphertext bytea       NOT NULL,
    -- NULL until a first code has shown that the app holds the secret.
    confirmed_at      timestamptz,
    last_step         bigint      NOT NULL DEFAULT 0,
    last_verified_at  timestamptz,
    created_at        timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz NOT NULL DEFAULT now()
);

-- 120 random bits each, so a plain hash is enough (ASVS 5.0, 6.5.2). Ten are made together, and replaced together.
CREATE TABLE directory.recovery_codes (
    id         uuid        PRIMARY KEY,
    user_id    uuid        NOT NULL REFERENCES directory.users ON DELETE CASCADE,
    code_hash  bytea       NOT NULL UNIQUE CHECK (octet_length(code_hash) = 32),
    created_at timestamptz NOT NULL DEFAULT now(),
    used_at    timestamptz
);
CREATE INDEX recovery_codes_user ON directory.recovery_codes (user_id);

-- Passkeys (WebAuthn). `public_key` is the credential as the library that checks it writes it down; counter and backup flags
-- move, and their columns are what counts.
CREATE TABLE directory.authenticators (
    id              uuid        PRIMARY KEY,
    user_id         uuid        NOT NULL REFERENCES directory.users ON DELETE CASCADE,
    credential_id   bytea       NOT NULL UNIQUE CHECK (octet_length(credential_id) BETWEEN 1 AND 1023),
    public_key      jsonb       NOT NULL,
    sign_count      bigint      NOT NULL DEFAULT 0 CHECK (sign_count BETWEEN 0 AND 4294967295),
    backup_eligible boolean     NOT NULL,
    backed_up       boolean     NOT NULL,
    transports      text[]      NOT NULL DEFAULT '{}',
    friendly_name   text        NOT NULL CHECK (char_length(friendly_name) BETWEEN 1 AND 100),
    last_used_at    timestamptz,
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    CHECK (backup_eligible OR NOT backed_up)
);
CREATE INDEX authenticators_user ON directory.authenticators (user_id, id);

-- Steps that wait for their next: a sign-in for its second factor, an authenticator for the challenge it signs. Each is
-- known by a token that only its browser has, lasts five minutes and counts once.
CREATE TABLE directory.login_challenges (
    id         uuid        PRIMARY KEY,
    token_hash bytea       NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),
    purpose    text        NOT NULL CHECK (purpose IN ('second_factor', 'passkey_sign_in', 'passkey_assertion', 'passkey_registration')),
    -- Nobody's while a passkey may be anybody's.
    user_id    uuid        REFERENCES directory.users ON DELETE CASCADE,
    -- The session or the waiting sign-in that asked.
    bound_to   uuid,
    remembered boolean     NOT NULL DEFAULT false,
    state      jsonb       NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    used_at    timestamptz,
    CHECK ((user_id IS NULL) = (purpose = 'passkey_sign_in'))
);
CREATE INDEX login_challenges_user ON directory.login_challenges (user_id);
CREATE INDEX login_challenges_expires ON directory.login_challenges (expires_at);

GRANT SELECT, INSERT, DELETE, UPDATE (secret_ciphertext, confirmed_at, last_step, last_verified_at, created_at, updated_at) ON directory.totp_credentials TO atrium_app;
GRANT SELECT, INSERT, DELETE, UPDATE (used_at) ON directory.recovery_codes TO atrium_app;
GRANT SELECT, INSERT, DELETE, UPDATE (sign_count, backup_eligible, backed_up, friendly_name, last_used_at, updated_at) ON directory.authenticators TO atrium_app;
GRANT SELECT, INSERT, UPDATE (used_at) ON directory.login_challenges TO atrium_app;

-- Devices that a browser is known by: they wait for nobody else's failed sign-ins, and for a while may stand for the second
-- factor in one tenant. All go when a password or factor changes.
CREATE TABLE directory.devices (
    id              uuid        PRIMARY KEY,
    user_id         uuid        NOT NULL REFERENCES directory.users ON DELETE CASCADE,
    token_hash      bytea       NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),
    trusted_in      uuid        REFERENCES directory.tenants ON DELETE CASCADE,
    trusted_until   timestamptz,
    created_at      timestamptz NOT NULL DEFAULT now(),
    last_seen_at    timestamptz NOT NULL DEFAULT now(),
    CHECK ((trusted_in IS NULL) = (trusted_until IS NULL))
);
CREATE INDEX devices_user ON directory.devices (user_id, last_seen_at);
CREATE INDEX devices_last_seen ON directory.devices (last_seen_at);
GRANT SELECT, INSERT, DELETE, UPDATE (token_hash, trusted_in, trusted_until, last_seen_at) ON directory.devices TO atrium_app;

-- Whether a user has set up a second factor. Without settings of its own, so that it becomes a part of the statement that asks.
CREATE FUNCTION identity.has_second_factor(somebody uuid) RETURNS boolean
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT EXISTS (SELECT FROM directory.totp_credentials WHERE user_id = somebody AND confirmed_at IS NOT NULL)
        OR EXISTS (SELECT FROM directory.authenticators WHERE user_id = somebody);
END;
REVOKE ALL ON FUNCTION identity.has_second_factor(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION identity.has_second_factor(uuid) TO atrium_app;
