-- Ring 2: the people and companies outside the tenant. One row a person, whichever module met them.

CREATE SCHEMA contacts;
GRANT USAGE ON SCHEMA contacts TO atrium_app;

CREATE TABLE lookup.contact_lifecycles (name text PRIMARY KEY);
INSERT INTO lookup.contact_lifecycles VALUES ('lead'), ('prospect'), ('customer'), ('inactive');
GRANT SELECT ON lookup.contact_lifecycles TO atrium_app;

CREATE TABLE contacts.contacts (
    tenant_id         uuid        NOT NULL,
    id                uuid        NOT NULL,
    kind              text        NOT NULL DEFAULT 'person' CHECK (kind IN ('person', 'company')),
    name              text        NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
    given_name        text        CHECK (char_length(given_name) <= 100),
    family_name       text        CHECK (char_length(family_name) <= 100),
    name_key          text        NOT NULL,
    email             text        CHECK (char_length(email) <= 254),
    email_key         text,
    phone             text        CHECK (char_length(phone) <= 32),
    company_id        uuid,
    job_title         text        CHECK (char_length(job_title) <= 200),
    address           jsonb,
    lifecycle         text        NOT NULL DEFAULT 'lead' REFERENCES lookup.contact_lifecycles,
    lead_score        integer     NOT NULL DEFAULT 0,
    source            text        NOT NULL DEFAULT 'manual' CHECK (char_length(source) BETWEEN 1 AND 50),
    owner_id          uuid,
    timezone          text,
    locale            text,
    notes             text        CHECK (char_length(notes) <= 20000),
    metadata          jsonb       NOT NULL DEFAULT '{}',
    total_bookings    integer     NOT NULL DEFAULT 0 CHECK (total_bookings >= 0),
    last_booking_at   timestamptz,
    last_contacted_at timestamptz,
    next_follow_up_at timestamptz,
    created_by        uuid,
    version           bigint      NOT NULL DEFAULT 1,
    created_at        timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz NOT NULL DEFAULT now(),
    archived_at       timestamptz,
    PRIMARY KEY (tenant_id, id),
    CHECK ((email IS NULL) = (email_key IS NULL)),
    CHECK (company_id <> id)
);
COMMENT ON COLUMN contacts.contacts.email_key IS 'the address as compared: NFKC, lower case, trimmed';
COMMENT ON COLUMN contacts.contacts.name_key IS 'the name as sorted and searched by prefix: NFKC, lower case';
CREATE UNIQUE INDEX contacts_email_key ON contacts.contacts (tenant_id, email_key);
CREATE INDEX contacts_newest  ON contacts.contacts (tenant_id, created_at DESC, id DESC) WHERE archived_at IS NULL;
CREATE INDEX contacts_by_name ON contacts.contacts (tenant_id, name_key, id) WHERE archived_at IS NULL;
CREATE INDEX contacts_owner   ON contacts.contacts (tenant_id, owner_id);
CREATE INDEX contacts_company ON contacts.contacts (tenant_id, company_id);
CREATE TRIGGER touch BEFORE UPDATE OF kind, name, given_name, family_name, email, phone, company_id, job_title, address,
    lifecycle, source, owner_id, timezone, locale, notes, metadata, next_follow_up_at, archived_at
    ON contacts.contacts FOR EACH ROW EXECUTE FUNCTION platform.touch();
CALL platform.protect('contacts.contacts');

ALTER TABLE contacts.contacts
    ADD FOREIGN KEY (tenant_id, company_id) REFERENCES contacts.contacts (tenant_id, id) ON DELETE RESTRICT,
    ADD FOREIGN KEY (tenant_id, owner_id)   REFERENCES identity.members (tenant_id, user_id) ON DELETE RESTRICT,
    ADD FOREIGN KEY (tenant_id, created_by) REFERENCES identity.members (tenant_id, user_id) ON DELETE RESTRICT;

-- Search as you type over name, e-mail and phone. LIKE is not leakproof and could not use an index under the policies,
-- so it runs as the owner, for the tenant of the sealed context alone.
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE INDEX contacts_search ON contacts.contacts
    USING gin ((name_key || ' ' || coalesce(email_key, '') || ' ' || coalesce(phone, '')) gin_trgm_ops) WHERE archived_at IS NULL;
-- Planned for each text: a kept plan does not know how rare it is, and would walk all names in order.
CREATE FUNCTION contacts.search(needle text, most integer)
RETURNS TABLE (id uuid)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public
AS $$
BEGIN
    RETURN QUERY EXECUTE
        'SELECT c.id
           FROM contacts.contacts c
          WHERE c.tenant_id = $1
            AND c.archived_at IS NULL
            AND (c.name_key || '' '' || coalesce(c.email_key, '''') || '' '' || coalesce(c.phone, '''')) LIKE $2
          ORDER BY c.name_key, c.id
          LIMIT $3'
        USING platform.current_tenant(),
              '%' || replace(replace(replace(needle, '\', '\\'), '%', '\%'), '_', '\_') || '%',
              most;
END
$$;
REVOKE ALL ON FUNCTION contacts.search(text, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION contacts.search(text, integer) TO atrium_app;

-- The report of each contact that was erased: counts and reasons, and nothing of the contact.
CREATE TABLE contacts.erasures (
    tenant_id    uuid        NOT NULL,
    id           uuid        NOT NULL,
    contact_id   uuid        NOT NULL,
    requested_by uuid        NOT NULL,
    outcomes     jsonb       NOT NULL,
    created_at   timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CALL platform.protect('contacts.erasures', 'SELECT, INSERT');
ALTER TABLE contacts.erasures
    ADD FOREIGN KEY (tenant_id, requested_by) REFERENCES identity.members (tenant_id, user_id) ON DELETE RESTRICT;

-- What waits or lies about a contact of the tenant outside of its own rows: mails to the address, and the facts of the outbox,
-- which keep their kind and subject.
CREATE FUNCTION contacts.forget_outside(subjects uuid[], address text) RETURNS TABLE (mails bigint, facts bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog
AS $$
BEGIN
    -- Those to others that are about the person are known by the record in their key, `booking:ID:…`.
    DELETE FROM directory.mails m
     WHERE m.tenant_id = platform.current_tenant()
       AND (lower(m.recipient) = address OR split_part(m.dedupe_key, ':', 2) = ANY (subjects::text[]));
    GET DIAGNOSTICS mails = ROW_COUNT;
    facts := platform.forget_facts(subjects);
    RETURN NEXT;
END
$$;
REVOKE ALL ON FUNCTION contacts.forget_outside(uuid[], text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION contacts.forget_outside(uuid[], text) TO atrium_app;
