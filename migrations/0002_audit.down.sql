DROP TABLE platform.audit_export_parts, platform.audit_exports, platform.audit_heads, platform.audit_chains, platform.audit_seals,
           platform.audit_keys, directory.audit_signing_keys, security.audit_progress;
