ALTER TABLE directory.tenants ADD COLUMN database_url_ciphertext bytea;
DROP FUNCTION platform.mails_to(text);
DROP FUNCTION identity.emails_of(uuid);
DROP TRIGGER keep_former_email ON directory.users;
DROP FUNCTION identity.keep_former_email();
DROP TABLE directory.former_emails;
DROP FUNCTION identity.count_refused_sign_ins(bytea, integer);
DROP INDEX directory.login_history_nobody;
DELETE FROM directory.login_history WHERE outcome IN ('refused', 'entered');
ALTER TABLE directory.login_history
    DROP CONSTRAINT login_history_counts,
    DROP CONSTRAINT login_history_outcome_check,
    ADD CONSTRAINT login_history_outcome_check CHECK (outcome IN ('success', 'failed')),
    DROP COLUMN session_id,
    DROP COLUMN refusal_key,
    DROP COLUMN attempts;
