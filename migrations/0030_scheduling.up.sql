-- Ring 3: organizers, what can be booked, when, and the bookings. `occupancy` is the guard against double booking.

CREATE SCHEMA scheduling;
GRANT USAGE ON SCHEMA scheduling TO atrium_app;

CREATE TABLE lookup.booking_statuses (name text PRIMARY KEY);
INSERT INTO lookup.booking_statuses VALUES ('pending'), ('confirmed'), ('declined'), ('cancelled'), ('completed'), ('no_show');
CREATE TABLE lookup.location_types (name text PRIMARY KEY);
INSERT INTO lookup.location_types VALUES ('in_person'), ('phone'), ('video'), ('custom'), ('ask');
GRANT SELECT ON lookup.booking_statuses, lookup.location_types TO atrium_app;

-- Who or what can be taken: an organizer or, later, a room. Bookings lock these rows in id order before they look.
CREATE TABLE scheduling.bookables (
    tenant_id  uuid        NOT NULL,
    id         uuid        NOT NULL,
    kind       text        NOT NULL CHECK (kind IN ('organizer', 'room')),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id)
);
CALL platform.protect('scheduling.bookables');

CREATE TABLE scheduling.organizer_profiles (
    tenant_id              uuid        NOT NULL,
    user_id                uuid        NOT NULL,
    slug                   text        NOT NULL CHECK (slug ~ '^[a-z0-9](-?[a-z0-9])*$' AND char_length(slug) BETWEEN 3 AND 60),
    display_name           text        NOT NULL CHECK (char_length(display_name) BETWEEN 1 AND 100),
    welcome_message        text        NOT NULL DEFAULT '' CHECK (char_length(welcome_message) <= 2000),
    timezone               text        NOT NULL DEFAULT 'UTC',
    brand_color            text        NOT NULL DEFAULT '#0066cc' CHECK (brand_color ~ '^#[0-9a-f]{6}$'),
    reasonable_hours_start integer     NOT NULL DEFAULT 7  CHECK (reasonable_hours_start BETWEEN 0 AND 23),
    reasonable_hours_end   integer     NOT NULL DEFAULT 22 CHECK (reasonable_hours_end BETWEEN 1 AND 24),
    buffer_before_minutes  integer     NOT NULL DEFAULT 0  CHECK (buffer_before_minutes BETWEEN 0 AND 1440),
    buffer_after_minutes   integer     NOT NULL DEFAULT 0  CHECK (buffer_after_minutes BETWEEN 0 AND 1440),
    minimum_gap_minutes    integer     NOT NULL DEFAULT 0  CHECK (minimum_gap_minutes BETWEEN 0 AND 1440),
    slot_interval_minutes  integer     NOT NULL DEFAULT 15 CHECK (slot_interval_minutes BETWEEN 5 AND 720),
    is_active              boolean     NOT NULL DEFAULT true,
    version                bigint      NOT NULL DEFAULT 1,
    created_at             timestamptz NOT NULL DEFAULT now(),
    updated_at             timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, user_id),
    CHECK (reasonable_hours_start < reasonable_hours_end)
);
COMMENT ON COLUMN scheduling.organizer_profiles.slug IS 'a copy of directory.public_slugs, which holds it unique over all tenants';
CREATE TRIGGER touch BEFORE UPDATE ON scheduling.organizer_profiles FOR EACH ROW EXECUTE FUNCTION platform.touch();
CALL platform.protect('scheduling.organizer_profiles');

CREATE TABLE scheduling.schedules (
    tenant_id    uuid        NOT NULL,
    id           uuid        NOT NULL,
    organizer_id uuid        NOT NULL,
    name         text        NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
    timezone     text        NOT NULL,
    is_default   boolean     NOT NULL DEFAULT false,
    version      bigint      NOT NULL DEFAULT 1,
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, organizer_id, name)
);
CREATE UNIQUE INDEX schedules_one_default ON scheduling.schedules (tenant_id, organizer_id) WHERE is_default;
CREATE TRIGGER touch BEFORE UPDATE ON scheduling.schedules FOR EACH ROW EXECUTE FUNCTION platform.touch();
CALL platform.protect('scheduling.schedules');

-- PostgreSQL's `time` knows 24:00, the end of the day.
CREATE TABLE scheduling.availability_rules (
    tenant_id   uuid        NOT NULL,
    id          uuid        NOT NULL,
    schedule_id uuid        NOT NULL,
    day_of_week smallint    NOT NULL CHECK (day_of_week BETWEEN 0 AND 6),
    start_time  time        NOT NULL,
    end_time    time        NOT NULL,
    is_active   boolean     NOT NULL DEFAULT true,
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, schedule_id, day_of_week, start_time, end_time),
    CHECK (start_time < end_time)
);
COMMENT ON COLUMN scheduling.availability_rules.day_of_week IS '0 = Monday';
CALL platform.protect('scheduling.availability_rules');

CREATE TABLE scheduling.date_overrides (
    tenant_id    uuid        NOT NULL,
    id           uuid        NOT NULL,
    schedule_id  uuid        NOT NULL,
    date         date        NOT NULL,
    is_available boolean     NOT NULL DEFAULT true,
    start_time   time,
    end_time     time,
    created_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    UNIQUE NULLS NOT DISTINCT (tenant_id, schedule_id, date, start_time, end_time),
    CHECK (CASE WHEN is_available THEN start_time < end_time AND start_time IS NOT NULL AND end_time IS NOT NULL
                ELSE start_time IS NULL AND end_time IS NULL END)
);
COMMENT ON TABLE scheduling.date_overrides IS 'the windows of that date in place of the weekly ones, several rows a date; one row with is_available = false is a day away';
CREATE INDEX date_overrides_date ON scheduling.date_overrides (tenant_id, schedule_id, date);
CALL platform.protect('scheduling.date_overrides');

CREATE TABLE scheduling.blocked_times (
    tenant_id    uuid        NOT NULL,
    id           uuid        NOT NULL,
    organizer_id uuid        NOT NULL,
    start_time   timestamptz NOT NULL,
    end_time     timestamptz NOT NULL,
    reason       text        NOT NULL DEFAULT '' CHECK (char_length(reason) <= 200),
    source       text        NOT NULL DEFAULT 'manual' CHECK (source IN ('manual')),
    created_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    CHECK (start_time < end_time)
);
CREATE INDEX blocked_times_of_organizer ON scheduling.blocked_times (tenant_id, organizer_id, start_time, end_time);
CALL platform.protect('scheduling.blocked_times');

CREATE TABLE scheduling.event_types (
    tenant_id              uuid        NOT NULL,
    id                     uuid        NOT NULL,
    owner_id               uuid        NOT NULL,
    name                   text        NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
    slug                   text        NOT NULL CHECK (slug ~ '^[a-z0-9](-?[a-z0-9])*$' AND char_length(slug) BETWEEN 1 AND 100),
    description            text        NOT NULL DEFAULT '' CHECK (char_length(description) <= 5000),
    duration_minutes       integer     NOT NULL CHECK (duration_minutes BETWEEN 5 AND 1440),
    location_type          text        NOT NULL DEFAULT 'ask' REFERENCES lookup.location_types,
    location_details       text        NOT NULL DEFAULT '' CHECK (char_length(location_details) <= 1000),
    color                  text        NOT NULL DEFAULT '#0066cc' CHECK (color ~ '^#[0-9a-f]{6}$'),
    is_active              boolean     NOT NULL DEFAULT true,
    is_private             boolean     NOT NULL DEFAULT false,
    requires_confirmation  boolean     NOT NULL DEFAULT false,
    schedule_id            uuid,
    slot_interval_minutes  integer     CHECK (slot_interval_minutes BETWEEN 5 AND 720),
    buffer_before_minutes  integer     CHECK (buffer_before_minutes BETWEEN 0 AND 1440),
    buffer_after_minutes   integer     CHECK (buffer_after_minutes BETWEEN 0 AND 1440),
    minimum_notice_minutes integer     NOT NULL DEFAULT 120 CHECK (minimum_notice_minutes BETWEEN 0 AND 525600),
    horizon_days           integer     NOT NULL DEFAULT 60 CHECK (horizon_days BETWEEN 1 AND 730),
    daily_limit            integer     CHECK (daily_limit BETWEEN 1 AND 1000),
    max_attendees          integer     NOT NULL DEFAULT 1 CHECK (max_attendees BETWEEN 1 AND 1000),
    recurrence_type        text        NOT NULL DEFAULT 'none' CHECK (recurrence_type IN ('none')),
    position               integer     NOT NULL DEFAULT 0,
    version                bigint      NOT NULL DEFAULT 1,
    created_at             timestamptz NOT NULL DEFAULT now(),
    updated_at             timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, owner_id, slug)
);
CREATE INDEX event_types_of_owner ON scheduling.event_types (tenant_id, owner_id, is_active, is_private);
CREATE INDEX event_types_slug ON scheduling.event_types (tenant_id, slug);
CREATE TRIGGER touch BEFORE UPDATE ON scheduling.event_types FOR EACH ROW EXECUTE FUNCTION platform.touch();
CALL platform.protect('scheduling.event_types');

CREATE TABLE scheduling.custom_questions (
    tenant_id     uuid        NOT NULL,
    id            uuid        NOT NULL,
    event_type_id uuid        NOT NULL,
    label         text        NOT NULL CHECK (char_length(label) BETWEEN 1 AND 500),
    kind          text        NOT NULL CHECK (kind IN ('text', 'textarea', 'select', 'checkbox')),
    is_required   boolean     NOT NULL DEFAULT false,
    position      integer     NOT NULL,
    options       jsonb       NOT NULL DEFAULT '[]',
    conditions    jsonb       NOT NULL DEFAULT '[]',
    created_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, event_type_id, position) DEFERRABLE INITIALLY IMMEDIATE
);
CALL platform.protect('scheduling.custom_questions');

CREATE TABLE scheduling.bookings (
    tenant_id             uuid        NOT NULL,
    id                    uuid        NOT NULL,
    event_type_id         uuid        NOT NULL,
    organizer_id          uuid        NOT NULL,
    contact_id            uuid        NOT NULL,
    invitee_name          text        NOT NULL CHECK (char_length(invitee_name) BETWEEN 1 AND 200),
    invitee_email         text        NOT NULL CHECK (char_length(invitee_email) <= 254),
    invitee_phone         text        CHECK (char_length(invitee_phone) <= 32),
    invitee_timezone      text        NOT NULL,
    locale                text        NOT NULL DEFAULT 'en',
    start_time            timestamptz NOT NULL,
    end_time              timestamptz NOT NULL,
    buffer_before_minutes integer     NOT NULL DEFAULT 0,
    buffer_after_minutes  integer     NOT NULL DEFAULT 0,
    status                text        NOT NULL DEFAULT 'confirmed' REFERENCES lookup.booking_statuses,
    location              text        NOT NULL DEFAULT '' CHECK (char_length(location) <= 1000),
    notes                 text        NOT NULL DEFAULT '' CHECK (char_length(notes) <= 5000),
    custom_answers        jsonb       NOT NULL DEFAULT '{}',
    source                text        NOT NULL DEFAULT 'page' CHECK (source IN ('page', 'api', 'member', 'demo')),
    access_token_hash     bytea       NOT NULL CHECK (octet_length(access_token_hash) = 32),
    ics_uid               text        NOT NULL,
    ics_sequence          integer     NOT NULL DEFAULT 0,
    recurrence_id         uuid,
    previous_start_time   timestamptz,
    cancelled_by          text        CHECK (cancelled_by IN ('invitee', 'organizer')),
    cancellation_reason   text        CHECK (char_length(cancellation_reason) <= 1000),
    cancelled_at          timestamptz,
    created_by            uuid,
    version               bigint      NOT NULL DEFAULT 1,
    created_at            timestamptz NOT NULL DEFAULT now(),
    updated_at            timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, access_token_hash),
    CHECK (start_time < end_time),
    CHECK ((status = 'cancelled') = (cancelled_at IS NOT NULL))
);
CREATE INDEX bookings_of_organizer ON scheduling.bookings (tenant_id, organizer_id, start_time, end_time);
CREATE INDEX bookings_by_status    ON scheduling.bookings (tenant_id, status, start_time);
CREATE INDEX bookings_by_start     ON scheduling.bookings (tenant_id, start_time, id);
CREATE INDEX bookings_of_contact   ON scheduling.bookings (tenant_id, contact_id, start_time);
CREATE INDEX bookings_of_event_type ON scheduling.bookings (tenant_id, event_type_id, start_time);
CREATE INDEX bookings_recurrence   ON scheduling.bookings (tenant_id, recurrence_id) WHERE recurrence_id IS NOT NULL;
CREATE TRIGGER touch BEFORE UPDATE ON scheduling.bookings FOR EACH ROW EXECUTE FUNCTION platform.touch();
CALL platform.protect('scheduling.bookings');

CREATE TABLE scheduling.booking_attendees (
    tenant_id      uuid        NOT NULL,
    id             uuid        NOT NULL,
    booking_id     uuid        NOT NULL,
    name           text        NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
    email          text        NOT NULL CHECK (char_length(email) <= 254),
    email_key      text        NOT NULL,
    status         text        NOT NULL DEFAULT 'confirmed' CHECK (status IN ('confirmed', 'cancelled')),
    custom_answers jsonb       NOT NULL DEFAULT '{}',
    created_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, booking_id, email_key)
);
CALL platform.protect('scheduling.booking_attendees');

-- The time that is taken. The constraint's operators cannot see an empty or unbounded range as a conflict, so the
-- CHECK refuses those. Start and end stand beside the range: `<` on them is leakproof, `&&` on it is not.
CREATE TABLE scheduling.occupancy (
    tenant_id   uuid        NOT NULL,
    id          uuid        NOT NULL,
    bookable_id uuid        NOT NULL,
    kind        text        NOT NULL CHECK (kind IN ('booking', 'hold', 'block')),
    ref_id      uuid        NOT NULL,
    start_time  timestamptz NOT NULL,
    end_time    timestamptz NOT NULL,
    during      tstzrange   NOT NULL GENERATED ALWAYS AS (tstzrange(start_time, end_time, '[)')) STORED,
    expires_at  timestamptz,
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT occupancy_bounded CHECK (start_time < end_time AND isfinite(start_time) AND isfinite(end_time)),
    CONSTRAINT occupancy_expiry CHECK ((kind = 'hold') = (expires_at IS NOT NULL)),
    CONSTRAINT bookings_no_overlap EXCLUDE USING gist (tenant_id WITH =, bookable_id WITH =, during WITH &&)
);
CREATE INDEX occupancy_of_bookable ON scheduling.occupancy (tenant_id, bookable_id, start_time, end_time);
CREATE UNIQUE INDEX occupancy_of_ref ON scheduling.occupancy (tenant_id, ref_id, bookable_id);
CALL platform.protect('scheduling.occupancy');

ALTER TABLE scheduling.organizer_profiles
    ADD FOREIGN KEY (tenant_id, user_id) REFERENCES identity.members (tenant_id, user_id) ON DELETE RESTRICT,
    ADD CONSTRAINT organizer_is_bookable FOREIGN KEY (tenant_id, user_id) REFERENCES scheduling.bookables (tenant_id, id) ON DELETE RESTRICT;
ALTER TABLE scheduling.schedules
    ADD FOREIGN KEY (tenant_id, organizer_id) REFERENCES scheduling.organizer_profiles (tenant_id, user_id) ON DELETE CASCADE;
ALTER TABLE scheduling.availability_rules
    ADD FOREIGN KEY (tenant_id, schedule_id) REFERENCES scheduling.schedules (tenant_id, id) ON DELETE CASCADE;
ALTER TABLE scheduling.date_overrides
    ADD FOREIGN KEY (tenant_id, schedule_id) REFERENCES scheduling.schedules (tenant_id, id) ON DELETE CASCADE;
ALTER TABLE scheduling.blocked_times
    ADD FOREIGN KEY (tenant_id, organizer_id) REFERENCES scheduling.organizer_profiles (tenant_id, user_id) ON DELETE CASCADE;
ALTER TABLE scheduling.event_types
    ADD FOREIGN KEY (tenant_id, owner_id) REFERENCES scheduling.organizer_profiles (tenant_id, user_id) ON DELETE RESTRICT,
    ADD CONSTRAINT event_types_schedule FOREIGN KEY (tenant_id, schedule_id) REFERENCES scheduling.schedules (tenant_id, id) ON DELETE RESTRICT;
ALTER TABLE scheduling.custom_questions
    ADD FOREIGN KEY (tenant_id, event_type_id) REFERENCES scheduling.event_types (tenant_id, id) ON DELETE CASCADE;
ALTER TABLE scheduling.bookings
    ADD FOREIGN KEY (tenant_id, event_type_id) REFERENCES scheduling.event_types (tenant_id, id) ON DELETE RESTRICT,
    ADD FOREIGN KEY (tenant_id, organizer_id)  REFERENCES scheduling.organizer_profiles (tenant_id, user_id) ON DELETE RESTRICT,
    ADD FOREIGN KEY (tenant_id, contact_id)    REFERENCES contacts.contacts (tenant_id, id) ON DELETE RESTRICT;
ALTER TABLE scheduling.booking_attendees
    ADD FOREIGN KEY (tenant_id, booking_id) REFERENCES scheduling.bookings (tenant_id, id) ON DELETE CASCADE;
ALTER TABLE scheduling.occupancy
    ADD FOREIGN KEY (tenant_id, bookable_id) REFERENCES scheduling.bookables (tenant_id, id) ON DELETE RESTRICT;
