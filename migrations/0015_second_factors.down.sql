DROP TABLE directory.login_challenges, directory.authenticators, directory.recovery_codes, directory.totp_credentials;
