-- What recurs, and the hours of week B, have no place in the tables as they were.
DROP TRIGGER touch ON scheduling.blocked_times;
DELETE FROM scheduling.blocked_times WHERE repeats <> 'never';
ALTER TABLE scheduling.blocked_times
    DROP COLUMN updated_at,
    DROP COLUMN version,
    DROP COLUMN stand_in_id,
    DROP COLUMN until,
    DROP COLUMN repeats,
    DROP COLUMN timezone,
    DROP COLUMN kind;
DELETE FROM scheduling.availability_rules WHERE weeks = 'b';
ALTER TABLE scheduling.availability_rules
    DROP COLUMN weeks,
    ADD UNIQUE (tenant_id, schedule_id, day_of_week, start_time, end_time);
ALTER TABLE scheduling.organizer_profiles DROP COLUMN keeps_reasonable_hours;
