-- Hours of every other week; blocked times that recur, and absences with somebody who stands in; hours that suit the visitor.

ALTER TABLE scheduling.organizer_profiles
    ADD COLUMN keeps_reasonable_hours boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN scheduling.organizer_profiles.keeps_reasonable_hours IS 'whether visitors are offered only what lies in the reasonable hours of their own zone';

ALTER TABLE scheduling.availability_rules
    ADD COLUMN weeks text NOT NULL DEFAULT 'every' CHECK (weeks IN ('every', 'a', 'b')),
    DROP CONSTRAINT availability_rules_tenant_id_schedule_id_day_of_week_start__key,
    ADD UNIQUE (tenant_id, schedule_id, day_of_week, start_time, end_time, weeks);
COMMENT ON COLUMN scheduling.availability_rules.weeks IS 'a: the week of Monday 1970-01-05 and every other one from there; b: those between';

ALTER TABLE scheduling.blocked_times
    ADD COLUMN kind        text        NOT NULL DEFAULT 'block' CHECK (kind IN ('block', 'away')),
    ADD COLUMN timezone    text        NOT NULL DEFAULT 'UTC',
    ADD COLUMN repeats     text        NOT NULL DEFAULT 'never' CHECK (repeats IN ('never', 'daily', 'weekly', 'monthly')),
    ADD COLUMN until       date,
    ADD COLUMN stand_in_id uuid,
    ADD COLUMN version     bigint      NOT NULL DEFAULT 1,
    ADD COLUMN updated_at  timestamptz NOT NULL DEFAULT now(),
    ADD CHECK (repeats <> 'never' OR until IS NULL),
    ADD CHECK (kind = 'away' OR stand_in_id IS NULL),
    ADD CHECK (kind = 'block' OR repeats = 'never'),
    ADD CHECK (stand_in_id <> organizer_id);
COMMENT ON COLUMN scheduling.blocked_times.start_time IS 'of the first time where it recurs';
COMMENT ON COLUMN scheduling.blocked_times.timezone IS 'in whose wall clock it recurs';
COMMENT ON COLUMN scheduling.blocked_times.until IS 'the last date on which it may begin, in that zone';
CREATE INDEX blocked_times_recurring ON scheduling.blocked_times (tenant_id, organizer_id, start_time) WHERE repeats <> 'never';
CREATE INDEX blocked_times_of_stand_in ON scheduling.blocked_times (tenant_id, stand_in_id) WHERE stand_in_id IS NOT NULL;
CREATE TRIGGER touch BEFORE UPDATE ON scheduling.blocked_times FOR EACH ROW EXECUTE FUNCTION platform.touch();
ALTER TABLE scheduling.blocked_times
    ADD CONSTRAINT blocked_times_stand_in
        FOREIGN KEY (tenant_id, stand_in_id) REFERENCES scheduling.organizer_profiles (tenant_id, user_id) ON DELETE RESTRICT;
