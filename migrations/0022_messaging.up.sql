-- Ring 2: what members are told of in the app, and what they want to be told.

CREATE SCHEMA messaging;
GRANT USAGE ON SCHEMA messaging TO atrium_app;

-- What happened, as facts that the reader's own language is made of. One event tells one member once.
CREATE TABLE messaging.notifications (
    tenant_id    uuid        NOT NULL,
    id           uuid        NOT NULL,
    user_id      uuid        NOT NULL,
    event_id     uuid        NOT NULL,
    -- What concerns an account is told in each of its workspaces under one of these, and read in all of them at once.
    notice_id    uuid,
    kind         text        NOT NULL CHECK (kind ~ '^[a-z_]+\.[a-z_]+$'),
    kind_group   text        NOT NULL CHECK (kind_group IN ('bookings', 'workspace', 'system', 'security')),
    severity     text        NOT NULL CHECK (severity IN ('info', 'warning', 'critical')),
    subject_type text        NOT NULL,
    subject_id   uuid        NOT NULL,
    -- The member who did it.
    actor_id     uuid,
    -- The contact or member whom it names: it goes with that person.
    person_id    uuid,
    facts        jsonb       NOT NULL DEFAULT '{}',
    link         text        CHECK (link ~ '^/[a-z]'),
    -- As long as one of a topic is unread, another is not written.
    topic        text,
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL,
    read_at      timestamptz,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, user_id, event_id),
    UNIQUE (tenant_id, user_id, topic),
    CHECK (topic IS NULL OR read_at IS NULL)
);
CREATE INDEX notifications_of_member ON messaging.notifications (tenant_id, user_id, id DESC);
CREATE INDEX notifications_unread ON messaging.notifications (tenant_id, user_id, id DESC) WHERE read_at IS NULL;
CREATE INDEX notifications_of_person ON messaging.notifications (tenant_id, person_id) WHERE person_id IS NOT NULL;
CREATE INDEX notifications_of_notice ON messaging.notifications (notice_id) WHERE notice_id IS NOT NULL;
CREATE INDEX notifications_read ON messaging.notifications (read_at) WHERE read_at IS NOT NULL;
CALL platform.protect('messaging.notifications', 'SELECT, INSERT, UPDATE (topic, updated_at, read_at), DELETE');

CREATE TABLE messaging.notification_preferences (
    tenant_id   uuid        NOT NULL,
    user_id     uuid        NOT NULL,
    -- Group, then channel: what is switched off. What concerns security cannot be.
    channels    jsonb       NOT NULL DEFAULT '{}' CHECK (NOT channels ? 'security'),
    -- How long before a booking its reminder comes by mail.
    reminder_minutes_before integer NOT NULL DEFAULT 60 CHECK (reminder_minutes_before BETWEEN 5 AND 10080),
    -- Hours in the member's own zone in which nothing but security draws attention to itself.
    dnd_enabled boolean     NOT NULL DEFAULT false,
    dnd_from    time        NOT NULL DEFAULT '22:00',
    dnd_until   time        NOT NULL DEFAULT '07:00',
    version     bigint      NOT NULL DEFAULT 1,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, user_id),
    CHECK (dnd_from <> dnd_until)
);
CREATE TRIGGER touch BEFORE UPDATE ON messaging.notification_preferences FOR EACH ROW EXECUTE FUNCTION platform.touch();
CALL platform.protect('messaging.notification_preferences');

ALTER TABLE messaging.notifications ADD FOREIGN KEY (tenant_id, user_id) REFERENCES identity.members (tenant_id, user_id) ON DELETE CASCADE;
ALTER TABLE messaging.notification_preferences ADD FOREIGN KEY (tenant_id, user_id) REFERENCES identity.members (tenant_id, user_id) ON DELETE CASCADE;

-- Marks what was read in the workspace of the sealed context as read in the person's other ones too, which no policy
-- lets the serving role see. It reaches nothing but other copies of what that person has read here.
CREATE FUNCTION messaging.read_elsewhere(who uuid, at timestamptz) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog
AS $$
    UPDATE messaging.notifications other SET read_at = at, updated_at = at, topic = NULL
      FROM messaging.notifications here
     WHERE here.tenant_id = platform.current_tenant() AND here.user_id = who AND here.read_at = at AND here.notice_id IS NOT NULL
       AND other.notice_id = here.notice_id AND other.user_id = who AND other.tenant_id <> here.tenant_id AND other.read_at IS NULL
$$;
REVOKE ALL ON FUNCTION messaging.read_elsewhere(uuid, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION messaging.read_elsewhere(uuid, timestamptz) TO atrium_app;
