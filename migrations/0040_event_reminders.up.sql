-- When invitees are reminded of a booking is the event type's to say.

ALTER TABLE scheduling.event_types
    ADD COLUMN reminder_minutes integer[] NOT NULL DEFAULT '{60}'
        CHECK (cardinality(reminder_minutes) <= 5 AND 5 <= ALL (reminder_minutes) AND 43200 >= ALL (reminder_minutes));
COMMENT ON COLUMN scheduling.event_types.reminder_minutes IS 'before the start, the longest first; by mail to the invitee';
