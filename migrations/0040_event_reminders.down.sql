ALTER TABLE scheduling.event_types DROP COLUMN reminder_minutes;
