-- Ring 1: where sessions came from, and a workspace's own ways in.

-- A workspace's own OpenID providers. The issuer stays as it is: names of people count under it.
CREATE TABLE identity.sign_in_providers (
    tenant_id         uuid        NOT NULL,
    id                uuid        NOT NULL,
    name              text        NOT NULL CHECK (char_length(name) BETWEEN 1 AND 80),
    issuer            text        NOT NULL CHECK (char_length(issuer) <= 500),
    client_id         text        NOT NULL CHECK (char_length(client_id) <= 500),
    secret_ciphertext bytea,
    -- In whose addresses it is believed, as far as directory.domains says that they are the workspace's.
    domains           text[]      NOT NULL DEFAULT '{}',
    admits            text        NOT NULL CHECK (admits IN ('members', 'invited', 'anybody')),
    -- What newcomers get at most, and who chose it.
    role_id           uuid,
    chosen_by         uuid,
    is_enabled        boolean     NOT NULL,
    version           bigint      NOT NULL DEFAULT 1,
    created_at        timestamptz NOT NULL,
    updated_at        timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CHECK ((admits = 'members') = (role_id IS NULL)),
    CHECK ((role_id IS NULL) = (chosen_by IS NULL))
);
CREATE UNIQUE INDEX sign_in_providers_name ON identity.sign_in_providers (tenant_id, lower(name));
CREATE TRIGGER touch BEFORE UPDATE ON identity.sign_in_providers FOR EACH ROW EXECUTE FUNCTION platform.touch();
CALL platform.protect('identity.sign_in_providers', 'SELECT, INSERT, DELETE, UPDATE (name, client_id, secret_ciphertext, domains, admits,
    role_id, chosen_by, is_enabled)');

-- Who members are there. Apart from directory.user_identities, and behind the tenant's walls: what a workspace's provider calls
-- somebody is that person in this workspace and nobody anywhere else, also where another workspace names the same issuer.
CREATE TABLE identity.member_identities (
    tenant_id    uuid        NOT NULL,
    provider_id  uuid        NOT NULL,
    subject      text        NOT NULL CHECK (char_length(subject) BETWEEN 1 AND 255),
    user_id      uuid        NOT NULL,
    email        text        CHECK (char_length(email) <= 254),
    last_used_at timestamptz NOT NULL,
    created_at   timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, provider_id, subject)
);
CREATE INDEX member_identities_user ON identity.member_identities (tenant_id, user_id);
CALL platform.protect('identity.member_identities', 'SELECT, INSERT, DELETE, UPDATE (email, last_used_at)');

-- Domains that workspaces have proven, or are about to prove, to be their own; looked for before a tenant is known. One that is
-- proven is one workspace's.
CREATE TABLE directory.domains (
    id              uuid        PRIMARY KEY,
    tenant_id       uuid        NOT NULL REFERENCES directory.tenants ON DELETE CASCADE,
    domain          text        NOT NULL CHECK (char_length(domain) <= 253 AND domain = lower(domain)),
    proven_at       timestamptz,
    -- 40 random bits, hashed under the instance's key; wrong ones are counted.
    code_hash       bytea       CHECK (octet_length(code_hash) = 32),
    code_expires_at timestamptz,
    mail_sent_to    text,
    tries           integer     NOT NULL DEFAULT 0,
    created_at      timestamptz NOT NULL,
    CONSTRAINT domains_once UNIQUE (tenant_id, domain)
);
CREATE UNIQUE INDEX domains_proven ON directory.domains (domain) WHERE proven_at IS NOT NULL;
GRANT SELECT, INSERT, DELETE, UPDATE (proven_at, code_hash, code_expires_at, mail_sent_to, tries) ON directory.domains TO atrium_app;

ALTER TABLE identity.sign_in_providers
    ADD FOREIGN KEY (tenant_id, role_id) REFERENCES identity.roles (tenant_id, id) ON DELETE RESTRICT;
ALTER TABLE identity.member_identities
    ADD FOREIGN KEY (tenant_id, provider_id) REFERENCES identity.sign_in_providers (tenant_id, id) ON DELETE CASCADE,
    ADD FOREIGN KEY (tenant_id, user_id) REFERENCES identity.members (tenant_id, user_id) ON DELETE CASCADE;
CREATE INDEX sign_in_providers_role ON identity.sign_in_providers (tenant_id, role_id) WHERE role_id IS NOT NULL;

ALTER TABLE directory.sessions
    -- The place of the address, as far as it was known when the session began: {"country": "NL", "city": "Utrecht"}.
    ADD COLUMN location jsonb,
    -- The tenant's own provider, by whose word it was opened.
    ADD COLUMN provider_id uuid,
    ADD FOREIGN KEY (tenant_id, provider_id) REFERENCES identity.sign_in_providers (tenant_id, id) ON DELETE CASCADE,
    DROP CONSTRAINT sessions_factors_check,
    ADD CONSTRAINT sessions_factors_check
        CHECK (factors <@ '{password,totp,recovery_code,passkey,provider,mail_link,device,company}'::text[]),
    -- The word of a tenant's own provider counts in that tenant alone.
    ADD CONSTRAINT sessions_company CHECK (NOT 'company' = ANY (factors) OR (tenant_id IS NOT NULL AND provider_id IS NOT NULL));
CREATE INDEX sessions_provider ON directory.sessions (tenant_id, provider_id) WHERE provider_id IS NOT NULL;

-- Where people with an address of that domain sign in by their company's provider. It looks over all tenants, so as the owner.
CREATE FUNCTION identity.sign_in_of_domain(asked text) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
AS $$
    SELECT t.slug
      FROM directory.domains d
      JOIN directory.tenants t ON t.id = d.tenant_id AND t.status = 'active'
     WHERE d.domain = asked AND d.proven_at IS NOT NULL
       AND EXISTS (SELECT FROM identity.sign_in_providers p
                    WHERE p.tenant_id = t.id AND p.is_enabled AND d.domain = ANY (p.domains))
$$;
REVOKE ALL ON FUNCTION identity.sign_in_of_domain(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION identity.sign_in_of_domain(text) TO atrium_app;
