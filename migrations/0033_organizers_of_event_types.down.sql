DROP TABLE scheduling.booking_organizers;
DROP TABLE scheduling.event_type_organizers;
ALTER TABLE scheduling.event_types
    DROP COLUMN organizers_needed,
    DROP COLUMN assignment,
    DROP COLUMN mode;
