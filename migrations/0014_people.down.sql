DROP FUNCTION platform.forget_facts(uuid[]), identity.admins_to_tell(uuid), identity.tell_workspaces(uuid, jsonb), identity.cancel_deletion(uuid, timestamptz),
    identity.request_deletion(uuid, timestamptz), identity.change_email(bytea, timestamptz),
    platform.erase_of_user(uuid), platform.erase_rows(uuid, regclass, integer), platform.tenant_tables();
DROP TABLE identity.ownership_offers;
DROP TABLE directory.consents, directory.data_exports, directory.erasures, directory.tenant_status_changes,
    directory.account_closures, directory.email_changes, directory.pictures;
