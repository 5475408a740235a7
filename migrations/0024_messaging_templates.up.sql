-- Ring 2: what is sent to people over any channel, in whose words, and what became of it.

INSERT INTO lookup.permissions (codename, name, category, description, resource, action) VALUES
    ('messages:read',  'See messages',    'Messages', 'What was sent, to whom, and what became of it; templates', 'messages', 'read'),
    ('messages:write', 'Change messages', 'Messages', 'Templates, sending again, and who gets nothing more',      'messages', 'write');
INSERT INTO lookup.permission_scopes (permission, scope)
SELECT permission, scope FROM (VALUES ('messages:read'), ('messages:write')) AS p (permission), (VALUES ('all'), ('own')) AS s (scope);
-- New workspaces get them with their roles; these have theirs already.
INSERT INTO identity.role_permissions (tenant_id, role_id, permission, scope)
SELECT r.tenant_id, r.id, g.permission, g.scope
  FROM identity.roles r
  JOIN (VALUES ('editor', 'messages:write', 'all'), ('viewer', 'messages:read', 'all'),
               ('contributor', 'messages:read', 'own'), ('contributor', 'messages:write', 'own')) AS g (role, permission, scope) ON g.role = r.name
 WHERE r.kind = 'system';

-- What a mail server answered, and whether it was its last word.
ALTER TABLE directory.mails
    ADD COLUMN response   text,
    ADD COLUMN is_refused boolean NOT NULL DEFAULT false;

-- One message to one recipient. A mail has the same id in the queue of mails, which it follows.
CREATE TABLE messaging.notification_deliveries (
    tenant_id          uuid        NOT NULL,
    id                 uuid        NOT NULL,
    channel            text        NOT NULL CHECK (channel IN ('email', 'sms', 'whatsapp', 'in_app')),
    kind               text        NOT NULL CHECK (kind ~ '^[a-z_]+$'),
    -- The member on whose behalf it is sent, and to whom it belongs.
    user_id            uuid,
    -- The member who gets it, where one does; an address, a number, or that member's id.
    to_user_id         uuid,
    recipient          text        NOT NULL,
    -- The contact whom it goes to or tells of: it goes with that person.
    person_id          uuid,
    subject_type       text,
    subject_id         uuid,
    title              text        NOT NULL DEFAULT '',
    language           text        NOT NULL DEFAULT 'en',
    is_transactional   boolean     NOT NULL DEFAULT true,
    status             text        NOT NULL CHECK (status IN ('queued', 'sent', 'kept', 'delivered', 'failed', 'bounced', 'suppressed')),
    attempts           integer     NOT NULL DEFAULT 0,
    -- The provider's name for it, and what it said last.
    external_id        text,
    provider_response  text,
    -- Why it was not sent.
    error              text,
    -- Parts that an SMS is sent in.
    segments           integer,
    -- Sealed; of a mail the queue of mails has it.
    message_ciphertext bytea,
    dedupe_key         text,
    -- It waits until then.
    not_before         timestamptz,
    sent_at            timestamptz,
    created_at         timestamptz NOT NULL,
    updated_at         timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, dedupe_key)
);
CREATE INDEX notification_deliveries_of_member ON messaging.notification_deliveries (tenant_id, user_id, id DESC);
CREATE INDEX notification_deliveries_of_subject ON messaging.notification_deliveries (tenant_id, subject_id, id DESC) WHERE subject_id IS NOT NULL;
CREATE INDEX notification_deliveries_of_person ON messaging.notification_deliveries (tenant_id, person_id) WHERE person_id IS NOT NULL;
CREATE INDEX notification_deliveries_to_member ON messaging.notification_deliveries (tenant_id, to_user_id) WHERE to_user_id IS NOT NULL;
CREATE INDEX notification_deliveries_external ON messaging.notification_deliveries (tenant_id, external_id) WHERE external_id IS NOT NULL;
CREATE INDEX notification_deliveries_created ON messaging.notification_deliveries (tenant_id, created_at);
CALL platform.protect('messaging.notification_deliveries');

-- A mail tells the delivery of its id how it fares. Both rows are written by the owner's jobs, and by retrying below.
CREATE FUNCTION messaging.follow_mail() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog
AS $$
BEGIN
    UPDATE messaging.notification_deliveries
       SET status = CASE WHEN NEW.status = 'failed' AND NEW.is_refused THEN 'bounced' ELSE NEW.status END,
           attempts = NEW.attempts,
           provider_response = NEW.response,
           error = NEW.last_error,
           sent_at = NEW.sent_at,
           updated_at = now()
     WHERE tenant_id = NEW.tenant_id AND id = NEW.id;
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION messaging.follow_mail() FROM PUBLIC;
CREATE TRIGGER follow AFTER UPDATE OF status ON directory.mails
    FOR EACH ROW WHEN (NEW.status <> 'sending' AND NEW.tenant_id IS NOT NULL) EXECUTE FUNCTION messaging.follow_mail();

-- Has a mail that failed wait anew; false where there is none. Of the tenant of the sealed context alone.
CREATE FUNCTION messaging.requeue_mail(mail uuid) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog
AS $$
    WITH requeued AS (
        UPDATE directory.mails SET status = 'queued', attempts = 0, last_error = NULL, is_refused = false
         WHERE id = mail AND tenant_id = platform.current_tenant() AND status = 'failed'
        RETURNING id)
    SELECT EXISTS (SELECT FROM requeued)
$$;
REVOKE ALL ON FUNCTION messaging.requeue_mail(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION messaging.requeue_mail(uuid) TO atrium_app;

-- How the workspace sends SMS; without a row it sends none.
CREATE TABLE messaging.sms_settings (
    tenant_id             uuid        NOT NULL PRIMARY KEY,
    provider              text        NOT NULL DEFAULT 'twilio' CHECK (provider = 'twilio'),
    account_sid           text        NOT NULL,
    auth_token_ciphertext bytea       NOT NULL,
    -- One of the two.
    from_number           text,
    messaging_service_sid text,
    -- Of a compatible provider; Twilio's own where none is given.
    base_url              text,
    version               bigint      NOT NULL DEFAULT 1,
    created_at            timestamptz NOT NULL DEFAULT now(),
    updated_at            timestamptz NOT NULL DEFAULT now(),
    CHECK ((from_number IS NULL) <> (messaging_service_sid IS NULL))
);
CREATE TRIGGER touch BEFORE UPDATE ON messaging.sms_settings FOR EACH ROW EXECUTE FUNCTION platform.touch();
CALL platform.protect('messaging.sms_settings');

-- Who gets nothing more over a channel.
CREATE TABLE messaging.suppressions (
    tenant_id     uuid        NOT NULL,
    id            uuid        NOT NULL,
    channel       text        NOT NULL CHECK (channel IN ('email', 'sms')),
    -- As the recipient is looked for: an address in small letters, a number in E.164.
    recipient     text        NOT NULL,
    -- 'stopped' says that the provider refuses everything, so nothing is sent; the others let through what is part of a booking.
    reason        text        NOT NULL CHECK (reason IN ('unsubscribed', 'stopped', 'manual')),
    created_by    uuid,
    created_at    timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, channel, recipient)
);
CALL platform.protect('messaging.suppressions');

-- What a message says in the workspace's own words, or in an organizer's.
CREATE TABLE messaging.notification_templates (
    tenant_id             uuid        NOT NULL,
    id                    uuid        NOT NULL,
    -- The organizer whose it is; NULL for the workspace's.
    owner_id              uuid,
    name                  text        NOT NULL CHECK (char_length(name) BETWEEN 1 AND 120),
    kind                  text        NOT NULL CHECK (kind ~ '^[a-z_]+$'),
    audience              text        NOT NULL CHECK (audience IN ('invitee', 'organizer')),
    channel               text        NOT NULL CHECK (channel IN ('email', 'sms')),
    language              text        NOT NULL,
    subject               text        NOT NULL DEFAULT '',
    body                  text        NOT NULL CHECK (char_length(body) <= 50000),
    required_placeholders text[]      NOT NULL DEFAULT '{}',
    version               bigint      NOT NULL DEFAULT 1,
    created_at            timestamptz NOT NULL DEFAULT now(),
    updated_at            timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT notification_templates_once UNIQUE NULLS NOT DISTINCT (tenant_id, owner_id, kind, audience, channel, language)
);
CREATE TRIGGER touch BEFORE UPDATE ON messaging.notification_templates FOR EACH ROW EXECUTE FUNCTION platform.touch();
CALL platform.protect('messaging.notification_templates');

ALTER TABLE messaging.notification_templates ADD FOREIGN KEY (tenant_id, owner_id) REFERENCES identity.members (tenant_id, user_id) ON DELETE CASCADE;
