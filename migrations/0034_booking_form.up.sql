-- Questions that an event type asks, of all usual kinds, and the answers of a booking as they were asked.

ALTER TABLE scheduling.custom_questions
    DROP CONSTRAINT custom_questions_kind_check,
    ADD CONSTRAINT custom_questions_kind_check CHECK (
        kind IN ('text', 'textarea', 'number', 'email', 'phone', 'url', 'date', 'select', 'multiselect', 'checkbox')),
    ADD COLUMN key  text NOT NULL DEFAULT '',
    ADD COLUMN help text NOT NULL DEFAULT '' CHECK (char_length(help) <= 1000);
UPDATE scheduling.custom_questions SET key = 'question_' || position;
ALTER TABLE scheduling.custom_questions
    ALTER COLUMN key DROP DEFAULT,
    ADD CONSTRAINT custom_questions_key CHECK (key ~ '^[a-z0-9_]{1,40}$'),
    ADD CONSTRAINT custom_questions_once UNIQUE (tenant_id, event_type_id, key);
COMMENT ON COLUMN scheduling.custom_questions.key IS 'names the question in answers, conditions and addresses';

UPDATE scheduling.bookings SET custom_answers = '[]' WHERE custom_answers = '{}';
ALTER TABLE scheduling.bookings ALTER COLUMN custom_answers SET DEFAULT '[]';
COMMENT ON COLUMN scheduling.bookings.custom_answers IS 'in their order, each with key, label and kind as they were when it was asked';
