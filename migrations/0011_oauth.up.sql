-- Ring 1: the OAuth 2.1 and OpenID provider. A client belongs to one tenant, or to the instance; what it was allowed is a
-- grant of one person (or of the client itself) in one tenant, and its codes and tokens hang on that grant, so that one
-- UPDATE ends them all.

INSERT INTO lookup.permissions (codename, name, category, description, resource, action) VALUES
    ('oauth_clients:manage', 'Manage apps', 'Workspace', 'Apps that sign people in through Atrium or act for them', 'oauth_clients', 'manage');
INSERT INTO lookup.permission_scopes (permission, scope) VALUES ('oauth_clients:manage', 'all');

-- The keys under which ID tokens are signed. One signs from `signs_from` until the next one does; it is published before, and
-- stays published while a token under it may still be checked.
CREATE TABLE directory.oauth_signing_keys (
    id                     uuid        PRIMARY KEY,
    algorithm              text        NOT NULL CHECK (algorithm IN ('ES256', 'RS256')),
    public_jwk             jsonb       NOT NULL,
    private_key_ciphertext bytea       NOT NULL,
    signs_from             timestamptz NOT NULL,
    created_at             timestamptz NOT NULL
);
CREATE INDEX oauth_signing_keys_signs ON directory.oauth_signing_keys (algorithm, signs_from DESC);
GRANT SELECT, INSERT ON directory.oauth_signing_keys TO atrium_app;

CREATE TABLE directory.oauth_clients (
    id                        uuid        PRIMARY KEY,
    -- Never a UUID, so that it is nobody's `sub` but its own.
    client_id                 text        NOT NULL UNIQUE CHECK (client_id ~ '^app_[0-9A-Za-z]{22}$'),
    -- Null for a client of the instance.
    tenant_id                 uuid        REFERENCES directory.tenants ON DELETE CASCADE,
    name                      text        NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
    logo_text                 text        NOT NULL CHECK (char_length(logo_text) BETWEEN 1 AND 2),
    kind                      text        NOT NULL CHECK (kind IN ('confidential', 'public', 'native')),
    authentication            text        NOT NULL CHECK (authentication IN ('secret', 'private_key_jwt', 'none')),
    client_secret_hash        bytea       CHECK (octet_length(client_secret_hash) = 32),
    jwks                      jsonb,
    grant_types               text[]      NOT NULL
                              CHECK (grant_types <@ '{authorization_code,refresh_token,client_credentials,device_code}'::text[]),
    redirect_uris             text[]      NOT NULL DEFAULT '{}',
    post_logout_redirect_uris text[]      NOT NULL DEFAULT '{}',
    allowed_scopes            text[]      NOT NULL,
    -- Of ID tokens.
    signing_algorithm         text        NOT NULL DEFAULT 'RS256' CHECK (signing_algorithm IN ('ES256', 'RS256')),
    requires_par              boolean     NOT NULL DEFAULT false,
    requires_dpop             boolean     NOT NULL DEFAULT false,
    enabled                   boolean     NOT NULL DEFAULT true,
    created_by                uuid        NOT NULL,
    version                   bigint      NOT NULL DEFAULT 1,
    created_at                timestamptz NOT NULL DEFAULT now(),
    updated_at                timestamptz NOT NULL DEFAULT now(),
    CHECK ((kind = 'confidential') = (authentication <> 'none')),
    CHECK ((authentication = 'secret') = (client_secret_hash IS NOT NULL)),
    CHECK ((authentication = 'private_key_jwt') = (jwks IS NOT NULL)),
    CHECK (kind = 'confidential' OR NOT 'client_credentials' = ANY (grant_types)),
    -- What a client is allowed for itself is in one tenant.
    CHECK (tenant_id IS NOT NULL OR NOT 'client_credentials' = ANY (grant_types))
);
CREATE INDEX oauth_clients_tenant ON directory.oauth_clients (tenant_id, id DESC);
CREATE TRIGGER touch BEFORE UPDATE ON directory.oauth_clients FOR EACH ROW EXECUTE FUNCTION platform.touch();
GRANT SELECT, INSERT, DELETE,
      UPDATE (name, logo_text, client_secret_hash, jwks, grant_types, redirect_uris, post_logout_redirect_uris, allowed_scopes,
              signing_algorithm, requires_par, requires_dpop, enabled)
   ON directory.oauth_clients TO atrium_app;

-- Authorization requests that wait: pushed by their client (RFC 9126), or for a sign-in or a consent.
CREATE TABLE directory.oauth_requests (
    id          uuid        PRIMARY KEY,
    handle_hash bytea       NOT NULL UNIQUE CHECK (octet_length(handle_hash) = 32),
    kind        text        NOT NULL CHECK (kind IN ('pushed', 'sign_in', 'consent')),
    client_id   uuid        NOT NULL REFERENCES directory.oauth_clients ON DELETE CASCADE,
    -- Who is asked for consent.
    user_id     uuid        REFERENCES directory.users ON DELETE CASCADE,
    parameters  jsonb       NOT NULL,
    created_at  timestamptz NOT NULL,
    -- When the request itself came, before the sign-in in between.
    asked_at    timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL,
    used_at     timestamptz
);
CREATE INDEX oauth_requests_expiry ON directory.oauth_requests (expires_at);
GRANT SELECT, INSERT, DELETE, UPDATE (used_at) ON directory.oauth_requests TO atrium_app;

-- What a person agreed to, until it is taken back.
CREATE TABLE directory.oauth_consents (
    id         uuid        PRIMARY KEY,
    user_id    uuid        NOT NULL REFERENCES directory.users ON DELETE CASCADE,
    client_id  uuid        NOT NULL REFERENCES directory.oauth_clients ON DELETE CASCADE,
    tenant_id  uuid        NOT NULL REFERENCES directory.tenants ON DELETE CASCADE,
    scopes     text[]      NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    revoked_at timestamptz
);
CREATE UNIQUE INDEX oauth_consents_one ON directory.oauth_consents (user_id, client_id, tenant_id) WHERE revoked_at IS NULL;
CREATE INDEX oauth_consents_client ON directory.oauth_consents (client_id);
GRANT SELECT, INSERT, UPDATE (scopes, updated_at, revoked_at) ON directory.oauth_consents TO atrium_app;

-- A family of tokens: of one authorization, or of a client for itself.
CREATE TABLE directory.oauth_grants (
    id             uuid        PRIMARY KEY,
    client_id      uuid        NOT NULL REFERENCES directory.oauth_clients ON DELETE CASCADE,
    -- Null where the client acts for itself.
    user_id        uuid        REFERENCES directory.users ON DELETE CASCADE,
    tenant_id      uuid        NOT NULL REFERENCES directory.tenants ON DELETE CASCADE,
    consent_id     uuid        REFERENCES directory.oauth_consents ON DELETE CASCADE,
    -- In which the person agreed; a sign-out there ends what has no offline access. No key: sessions are forgotten sooner.
    session_id     uuid,
    scopes         text[]      NOT NULL,
    nonce          text,
    auth_time      timestamptz,
    -- RFC 7638 thumbprint of the key that its tokens are bound to (RFC 9449).
    dpop_jkt       bytea       CHECK (octet_length(dpop_jkt) = 32),
    created_at     timestamptz NOT NULL,
    expires_at     timestamptz NOT NULL,
    revoked_at     timestamptz,
    revoked_reason text
);
CREATE INDEX oauth_grants_consent ON directory.oauth_grants (consent_id);
CREATE INDEX oauth_grants_client ON directory.oauth_grants (client_id);
CREATE INDEX oauth_grants_user ON directory.oauth_grants (user_id, session_id);
CREATE INDEX oauth_grants_session ON directory.oauth_grants (session_id);
CREATE INDEX oauth_grants_expiry ON directory.oauth_grants (expires_at);
GRANT SELECT, INSERT, UPDATE (scopes, session_id, dpop_jkt, revoked_at, revoked_reason) ON directory.oauth_grants TO atrium_app;

-- Each code has its grant from the start, so that one that is shown twice ends what came of it.
CREATE TABLE directory.oauth_codes (
    id             uuid        PRIMARY KEY,
    code_hash      bytea       NOT NULL UNIQUE CHECK (octet_length(code_hash) = 32),
    grant_id       uuid        NOT NULL REFERENCES directory.oauth_grants ON DELETE CASCADE,
    redirect_uri   text        NOT NULL,
    code_challenge text        NOT NULL CHECK (char_length(code_challenge) = 43),
    created_at     timestamptz NOT NULL,
    expires_at     timestamptz NOT NULL,
    used_at        timestamptz
);
CREATE INDEX oauth_codes_grant ON directory.oauth_codes (grant_id);
CREATE INDEX oauth_codes_expiry ON directory.oauth_codes (expires_at);
GRANT SELECT, INSERT, UPDATE (used_at) ON directory.oauth_codes TO atrium_app;

-- An access token, and the refresh token that was handed out with it where one was.
CREATE TABLE directory.oauth_tokens (
    id                       uuid        PRIMARY KEY,
    grant_id                 uuid        NOT NULL REFERENCES directory.oauth_grants ON DELETE CASCADE,
    client_id                uuid        NOT NULL REFERENCES directory.oauth_clients ON DELETE CASCADE,
    user_id                  uuid        REFERENCES directory.users ON DELETE CASCADE,
    kind                     text        NOT NULL CHECK (kind IN ('user', 'client')),
    access_token_hash        bytea       NOT NULL UNIQUE CHECK (octet_length(access_token_hash) = 32),
    access_token_expires_at  timestamptz NOT NULL,
    refresh_token_hash       bytea       UNIQUE CHECK (octet_length(refresh_token_hash) = 32),
    refresh_token_expires_at timestamptz,
    -- When its successor was handed out.
    refreshed_at             timestamptz,
    successor_id             uuid,
    scopes                   text[]      NOT NULL,
    -- Of the access token alone; a family ends with its grant.
    revoked_at               timestamptz,
    revoked_by               text        CHECK (revoked_by IN ('client')),
    created_at               timestamptz NOT NULL,
    updated_at               timestamptz NOT NULL,
    CHECK ((kind = 'user') = (user_id IS NOT NULL)),
    CHECK ((refresh_token_hash IS NULL) = (refresh_token_expires_at IS NULL))
);
CREATE INDEX oauth_tokens_grant ON directory.oauth_tokens (grant_id);
CREATE INDEX oauth_tokens_client ON directory.oauth_tokens (client_id);
CREATE INDEX oauth_tokens_user ON directory.oauth_tokens (user_id);
CREATE INDEX oauth_tokens_expiry ON directory.oauth_tokens (access_token_expires_at);
GRANT SELECT, INSERT, UPDATE (scopes, refreshed_at, successor_id, revoked_at, revoked_by, updated_at) ON directory.oauth_tokens TO atrium_app;

CREATE TABLE directory.oauth_device_codes (
    id               uuid        PRIMARY KEY,
    device_code_hash bytea       NOT NULL UNIQUE CHECK (octet_length(device_code_hash) = 32),
    -- Keyed, since eight letters are soon tried.
    user_code_hash   bytea       NOT NULL UNIQUE CHECK (octet_length(user_code_hash) = 32),
    client_id        uuid        NOT NULL REFERENCES directory.oauth_clients ON DELETE CASCADE,
    scopes           text[]      NOT NULL,
    status           text        NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'approved', 'denied', 'used')),
    grant_id         uuid        REFERENCES directory.oauth_grants ON DELETE CASCADE,
    poll_seconds     integer     NOT NULL DEFAULT 5,
    polled_at        timestamptz,
    created_at       timestamptz NOT NULL,
    expires_at       timestamptz NOT NULL
);
CREATE INDEX oauth_device_codes_expiry ON directory.oauth_device_codes (expires_at);
GRANT SELECT, INSERT, DELETE, UPDATE (status, grant_id, poll_seconds, polled_at) ON directory.oauth_device_codes TO atrium_app;

-- Proofs and assertions that were shown, each of which counts once.
CREATE TABLE directory.oauth_used_proofs (
    proof_hash bytea       PRIMARY KEY CHECK (octet_length(proof_hash) = 32),
    expires_at timestamptz NOT NULL
);
CREATE INDEX oauth_used_proofs_expiry ON directory.oauth_used_proofs (expires_at);
GRANT SELECT, INSERT ON directory.oauth_used_proofs TO atrium_app;

-- What an access token stands for, as [identity.authenticate_token] says it of a personal one: what its user may do in its
-- tenant, as far as the token's scopes reach; of a client that acts for itself, nothing but its scopes. As the owner, since
-- it runs before a tenant is known.
CREATE FUNCTION identity.authenticate_oauth(presented bytea, at timestamptz)
RETURNS TABLE (
    token_id uuid, client uuid, client_id text, client_tenant uuid, client_name text, user_id uuid, tenant_id uuid, name text, email text,
    locale text, timezone text, scopes text[], permissions text[], dpop_jkt bytea, issued_at timestamptz, expires_at timestamptz,
    policy jsonb, grace_started_at timestamptz, is_exempt boolean, has_second boolean
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT k.id, c.id, c.client_id, c.tenant_id, c.name, u.id, t.id, u.name, u.email, u.locale, u.timezone, k.scopes,
           ARRAY(SELECT held.permission || ' ' || min(held.scope)
                   FROM identity.granted(t.id, u.id) held
                  WHERE held.permission = ANY (k.scopes)
                  GROUP BY held.permission),
           g.dpop_jkt, k.created_at, k.access_token_expires_at, nullif(t.security_policy, '{}'), m.grace_started_at,
           identity.is_exempt(t.id, u.id, t.security_policy), identity.has_second_factor(u.id)
      FROM directory.oauth_tokens k
      JOIN directory.oauth_grants g ON g.id = k.grant_id AND g.revoked_at IS NULL AND g.expires_at > at
      JOIN directory.oauth_clients c ON c.id = g.client_id AND c.enabled
      JOIN directory.tenants t ON t.id = g.tenant_id AND t.status = 'active'
      LEFT JOIN directory.users u ON u.id = g.user_id AND u.status = 'active'
      LEFT JOIN identity.members m ON m.tenant_id = g.tenant_id AND m.user_id = g.user_id AND m.status = 'active'
     WHERE k.access_token_hash = presented AND k.revoked_at IS NULL AND k.access_token_expires_at > at
       AND (g.user_id IS NULL OR (u.id IS NOT NULL AND m.user_id IS NOT NULL));
END
$$;
REVOKE ALL ON FUNCTION identity.authenticate_oauth(bytea, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION identity.authenticate_oauth(bytea, timestamptz) TO atrium_app;

-- Whether a grant still stands: its client, its tenant, and its user as an active member there.
CREATE FUNCTION identity.oauth_grant_lives(asked uuid, at timestamptz) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
AS $$
    SELECT EXISTS (
        SELECT
          FROM directory.oauth_grants g
          JOIN directory.oauth_clients c ON c.id = g.client_id AND c.enabled
          JOIN directory.tenants t ON t.id = g.tenant_id AND t.status = 'active'
         WHERE g.id = asked AND g.revoked_at IS NULL AND g.expires_at > at
           AND (g.user_id IS NULL
                OR EXISTS (SELECT
                             FROM directory.users u
                             JOIN identity.members m ON m.user_id = u.id AND m.tenant_id = g.tenant_id AND m.status = 'active'
                            WHERE u.id = g.user_id AND u.status = 'active')))
$$;
REVOKE ALL ON FUNCTION identity.oauth_grant_lives(uuid, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION identity.oauth_grant_lives(uuid, timestamptz) TO atrium_app;

CREATE TRIGGER tell AFTER DELETE OR UPDATE OF revoked_at ON directory.oauth_grants
    FOR EACH ROW EXECUTE FUNCTION identity.tell_sessions('user', 'user_id');
CREATE TRIGGER tell AFTER UPDATE OF revoked_at ON directory.oauth_tokens
    FOR EACH ROW EXECUTE FUNCTION identity.tell_sessions('user', 'user_id');
CREATE TRIGGER tell AFTER UPDATE OF enabled ON directory.oauth_clients
    FOR EACH ROW EXECUTE FUNCTION identity.tell_sessions('tenant', 'tenant_id');
