UPDATE scheduling.bookings SET custom_answers = '{}' WHERE custom_answers = '[]';
ALTER TABLE scheduling.bookings ALTER COLUMN custom_answers SET DEFAULT '{}';
COMMENT ON COLUMN scheduling.bookings.custom_answers IS NULL;
ALTER TABLE scheduling.custom_questions
    DROP CONSTRAINT custom_questions_once,
    DROP COLUMN help,
    DROP COLUMN key,
    DROP CONSTRAINT custom_questions_kind_check;
UPDATE scheduling.custom_questions SET kind = CASE kind WHEN 'multiselect' THEN 'select' ELSE 'text' END
 WHERE kind IN ('number', 'email', 'phone', 'url', 'date', 'multiselect');
ALTER TABLE scheduling.custom_questions
    ADD CONSTRAINT custom_questions_kind_check CHECK (kind IN ('text', 'textarea', 'select', 'checkbox'));
