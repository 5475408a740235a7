DROP TABLE automation.workflow_execution_steps, automation.workflow_executions, automation.workflow_actions, automation.workflow_revisions,
    automation.workflows;
DELETE FROM identity.role_permissions WHERE permission IN ('workflows:read', 'workflows:write');
DELETE FROM identity.member_permissions WHERE permission IN ('workflows:read', 'workflows:write');
DELETE FROM lookup.permission_scopes WHERE permission IN ('workflows:read', 'workflows:write');
DELETE FROM lookup.permissions WHERE codename IN ('workflows:read', 'workflows:write');
