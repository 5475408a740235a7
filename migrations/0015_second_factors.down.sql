DROP FUNCTION identity.has_second_factor(uuid);
DROP TABLE directory.user_identities, directory.devices, directory.login_challenges, directory.authenticators, directory.recovery_codes, directory.totp_credentials;
