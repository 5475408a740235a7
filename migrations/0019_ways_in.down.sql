DROP FUNCTION identity.sign_in_of_domain(text);
DELETE FROM directory.sessions WHERE 'company' = ANY (factors);
ALTER TABLE directory.sessions
    DROP CONSTRAINT sessions_company,
    DROP CONSTRAINT sessions_factors_check,
    ADD CONSTRAINT sessions_factors_check
        CHECK (factors <@ '{password,totp,recovery_code,passkey,provider,mail_link,device}'::text[]),
    DROP COLUMN provider_id,
    DROP COLUMN location;
DROP TABLE directory.domains;
DROP TABLE identity.member_identities;
DROP TABLE identity.sign_in_providers;
