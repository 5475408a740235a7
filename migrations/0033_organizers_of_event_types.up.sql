-- Several organizers of one event type, and those of each booking. The organizer of a booking stays beside them: the first.

ALTER TABLE scheduling.event_types
    ADD COLUMN mode              text    NOT NULL DEFAULT 'one' CHECK (mode IN ('one', 'round_robin', 'collective', 'some')),
    ADD COLUMN assignment        text    NOT NULL DEFAULT 'fair' CHECK (assignment IN ('fair', 'priority')),
    ADD COLUMN organizers_needed integer NOT NULL DEFAULT 1 CHECK (organizers_needed BETWEEN 1 AND 50);
COMMENT ON COLUMN scheduling.event_types.organizers_needed IS 'read where the mode is some; the others say it themselves';

CREATE TABLE scheduling.event_type_organizers (
    tenant_id     uuid        NOT NULL,
    event_type_id uuid        NOT NULL,
    user_id       uuid        NOT NULL,
    weight        integer     NOT NULL DEFAULT 1 CHECK (weight BETWEEN 1 AND 100),
    priority      integer     NOT NULL DEFAULT 1 CHECK (priority BETWEEN 1 AND 100),
    schedule_id   uuid,
    position      integer     NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, event_type_id, user_id)
);
COMMENT ON COLUMN scheduling.event_type_organizers.created_at IS 'since when turns are shared with this organizer';
CREATE INDEX event_types_of_organizer ON scheduling.event_type_organizers (tenant_id, user_id);
CALL platform.protect('scheduling.event_type_organizers');

CREATE TABLE scheduling.booking_organizers (
    tenant_id  uuid    NOT NULL,
    booking_id uuid    NOT NULL,
    user_id    uuid    NOT NULL,
    position   integer NOT NULL,
    PRIMARY KEY (tenant_id, booking_id, user_id)
);
CREATE INDEX bookings_with_organizer ON scheduling.booking_organizers (tenant_id, user_id, booking_id);
CALL platform.protect('scheduling.booking_organizers');

ALTER TABLE scheduling.event_type_organizers
    ADD FOREIGN KEY (tenant_id, event_type_id) REFERENCES scheduling.event_types (tenant_id, id) ON DELETE CASCADE,
    ADD CONSTRAINT event_type_organizers_profile
        FOREIGN KEY (tenant_id, user_id) REFERENCES scheduling.organizer_profiles (tenant_id, user_id) ON DELETE RESTRICT,
    ADD CONSTRAINT event_type_organizers_schedule
        FOREIGN KEY (tenant_id, schedule_id) REFERENCES scheduling.schedules (tenant_id, id) ON DELETE RESTRICT;
ALTER TABLE scheduling.booking_organizers
    ADD FOREIGN KEY (tenant_id, booking_id) REFERENCES scheduling.bookings (tenant_id, id) ON DELETE CASCADE,
    ADD FOREIGN KEY (tenant_id, user_id) REFERENCES scheduling.organizer_profiles (tenant_id, user_id) ON DELETE RESTRICT;

INSERT INTO scheduling.event_type_organizers (tenant_id, event_type_id, user_id, position, created_at)
SELECT tenant_id, id, owner_id, 0, created_at FROM scheduling.event_types;
INSERT INTO scheduling.booking_organizers (tenant_id, booking_id, user_id, position)
SELECT tenant_id, id, organizer_id, 0 FROM scheduling.bookings;
