-- Domains of tenants' own, at which their public pages stand once a DNS record has proven them.

CREATE TABLE directory.custom_domains (
    id              uuid        PRIMARY KEY,
    tenant_id       uuid        NOT NULL REFERENCES directory.tenants ON DELETE CASCADE,
    -- In lower case, as DNS has it: other scripts by their `xn--` form.
    domain          text        NOT NULL CHECK (domain = lower(domain) AND char_length(domain) BETWEEN 4 AND 245),
    -- What the record has to say; anew for each row, so that no record of a former one counts.
    proof           text        NOT NULL CHECK (char_length(proof) = 43),
    status          text        NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'verified', 'failed')),
    -- What the last look found instead of the proof.
    problem         text        CHECK (problem IN ('no_record', 'other_record', 'no_answer', 'taken')),
    created_at      timestamptz NOT NULL DEFAULT now(),
    created_by      uuid        REFERENCES directory.users ON DELETE SET NULL,
    verified_at     timestamptz,
    last_checked_at timestamptz,
    -- When a look found no proof of a verified one for the first time.
    failing_since   timestamptz,
    -- When the next look is due; none any more where it failed.
    check_at        timestamptz,
    CONSTRAINT custom_domains_once_each UNIQUE (tenant_id, domain),
    CHECK (status <> 'verified' OR verified_at IS NOT NULL)
);
-- Anybody may claim a name, and one tenant may have it.
CREATE UNIQUE INDEX custom_domains_verified ON directory.custom_domains (domain) WHERE status = 'verified';
CREATE INDEX custom_domains_due ON directory.custom_domains (check_at) WHERE check_at IS NOT NULL;

-- Which host leads where is asked before a tenant is known, and tells nobody anything new. All else is the tenant's own; and that a
-- domain is proven is not for the serving role to say.
ALTER TABLE directory.custom_domains ENABLE ROW LEVEL SECURITY;
CREATE POLICY seen ON directory.custom_domains FOR SELECT TO atrium_app
    USING (status = 'verified' OR tenant_id = (SELECT platform.current_tenant()));
CREATE POLICY added ON directory.custom_domains FOR INSERT TO atrium_app
    WITH CHECK (tenant_id = (SELECT platform.current_tenant()) AND status = 'pending');
CREATE POLICY removed ON directory.custom_domains FOR DELETE TO atrium_app
    USING (tenant_id = (SELECT platform.current_tenant()));
GRANT SELECT, INSERT, DELETE ON directory.custom_domains TO atrium_app;

-- The domain that links of a tenant's public pages go to: of several the one that was proven first.
CREATE FUNCTION directory.domain_of(tenant uuid) RETURNS text
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT d.domain FROM directory.custom_domains d
     WHERE d.tenant_id = tenant AND d.status = 'verified'
     ORDER BY d.verified_at, d.id
     LIMIT 1;
END;
REVOKE ALL ON FUNCTION directory.domain_of(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION directory.domain_of(uuid) TO atrium_app;
