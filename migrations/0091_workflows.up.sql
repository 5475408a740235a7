-- Workflows: what follows by itself from what happens, or from the clock.

INSERT INTO lookup.permissions (codename, name, category, description, resource, action) VALUES
    ('workflows:read', 'See workflows', 'Workspace', 'What follows by itself from what happens, and what it did', 'workflows', 'read'),
    ('workflows:write', 'Change workflows', 'Workspace', 'Make, change, switch on and run workflows', 'workflows', 'write');
INSERT INTO lookup.permission_scopes (permission, scope) VALUES ('workflows:read', 'all'), ('workflows:write', 'all');
-- New workspaces get them with their roles; these have theirs already. Owners have them from administrators.
INSERT INTO identity.role_permissions (tenant_id, role_id, permission)
SELECT r.tenant_id, r.id, p.codename
  FROM identity.roles r
 CROSS JOIN (VALUES ('workflows:read'), ('workflows:write')) AS p (codename)
 WHERE r.kind = 'system' AND r.name = 'admin';

CREATE TABLE automation.workflows (
    tenant_id             uuid        NOT NULL,
    id                    uuid        NOT NULL,
    owner_id              uuid        NOT NULL,
    name                  text        NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
    -- Of the current revision, so that what an event starts is found without it.
    trigger               text        NOT NULL CHECK (trigger ~ '^[a-z_]+\.[a-z_]+$'),
    delay_minutes         integer     NOT NULL DEFAULT 0 CHECK (delay_minutes BETWEEN 0 AND 525600),
    revision              integer     NOT NULL DEFAULT 1,
    is_active             boolean     NOT NULL DEFAULT false,
    total_executions      integer     NOT NULL DEFAULT 0,
    successful_executions integer     NOT NULL DEFAULT 0,
    -- Of one that the clock starts: moments until then were looked at.
    looked_until          timestamptz,
    version               bigint      NOT NULL DEFAULT 1,
    created_at            timestamptz NOT NULL DEFAULT now(),
    updated_at            timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX workflows_by_trigger ON automation.workflows (tenant_id, trigger) WHERE is_active;
CREATE INDEX workflows_of_owner ON automation.workflows (tenant_id, owner_id);
CREATE TRIGGER touch BEFORE UPDATE OF name, revision, is_active, owner_id ON automation.workflows
    FOR EACH ROW EXECUTE FUNCTION platform.touch();
CALL platform.protect('automation.workflows');

-- What a workflow was at a time. Executions finish on the revision that they began with, so none is ever changed.
CREATE TABLE automation.workflow_revisions (
    tenant_id     uuid        NOT NULL,
    workflow_id   uuid        NOT NULL,
    revision      integer     NOT NULL,
    trigger       text        NOT NULL,
    delay_minutes integer     NOT NULL,
    conditions    jsonb       NOT NULL,
    created_by    uuid,
    created_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, workflow_id, revision)
);
CALL platform.protect('automation.workflow_revisions', 'SELECT, INSERT, DELETE');

CREATE TABLE automation.workflow_actions (
    tenant_id   uuid    NOT NULL,
    id          uuid    NOT NULL,
    workflow_id uuid    NOT NULL,
    revision    integer NOT NULL,
    position    integer NOT NULL CHECK (position >= 1),
    name        text    NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
    kind        text    NOT NULL CHECK (kind IN ('send_email', 'send_sms', 'notify', 'wait', 'set_field', 'call_webhook', 'start_workflow')),
    recipient   text    CHECK (recipient IN ('invitee', 'organizer', 'owner', 'member', 'address')),
    conditions  jsonb   NOT NULL,
    config      jsonb   NOT NULL,
    on_failure  text    NOT NULL CHECK (on_failure IN ('stop', 'continue')),
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, workflow_id, revision, position)
);
CALL platform.protect('automation.workflow_actions', 'SELECT, INSERT, DELETE');

-- One run of a workflow for one record.
CREATE TABLE automation.workflow_executions (
    tenant_id        uuid        NOT NULL,
    id               uuid        NOT NULL,
    workflow_id      uuid        NOT NULL,
    revision         integer     NOT NULL,
    -- What started it: the event's id, or the moment of the record. One cause starts a workflow once for a record.
    cause            text        NOT NULL,
    trigger          text        NOT NULL,
    subject_type     text        NOT NULL,
    subject_id       uuid        NOT NULL,
    contact_id       uuid,
    -- The payload of the event.
    data             jsonb       NOT NULL DEFAULT '{}',
    -- The workflows that led to it, the first one first, itself the last.
    chain            uuid[]      NOT NULL,
    status           text        NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'waiting', 'succeeded', 'failed', 'skipped', 'cancelled', 'refused')),
    -- Of the step that is next.
    position         integer     NOT NULL DEFAULT 1,
    resume_at        timestamptz,
    waits_for        text,
    actions_executed integer     NOT NULL DEFAULT 0,
    actions_failed   integer     NOT NULL DEFAULT 0,
    error            text,
    created_at       timestamptz NOT NULL,
    updated_at       timestamptz NOT NULL,
    finished_at      timestamptz,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, workflow_id, subject_id, cause)
);
CREATE INDEX workflow_executions_of_workflow ON automation.workflow_executions (tenant_id, workflow_id, id DESC);
CREATE INDEX workflow_executions_by_status ON automation.workflow_executions (tenant_id, workflow_id, status, id DESC);
CREATE INDEX workflow_executions_waiting ON automation.workflow_executions (tenant_id, waits_for) WHERE waits_for IS NOT NULL;
CREATE INDEX workflow_executions_created ON automation.workflow_executions (tenant_id, created_at);
CREATE INDEX workflow_executions_subject ON automation.workflow_executions (tenant_id, subject_id);
CREATE INDEX workflow_executions_contact ON automation.workflow_executions (tenant_id, contact_id);
CALL platform.protect('automation.workflow_executions');

-- What became of one step of an execution.
CREATE TABLE automation.workflow_execution_steps (
    tenant_id    uuid        NOT NULL,
    id           uuid        NOT NULL,
    execution_id uuid        NOT NULL,
    position     integer     NOT NULL,
    name         text        NOT NULL,
    kind         text        NOT NULL,
    status       text        NOT NULL CHECK (status IN ('succeeded', 'failed', 'skipped', 'waiting', 'retrying')),
    attempts     integer     NOT NULL DEFAULT 1,
    input        jsonb       NOT NULL DEFAULT '{}',
    output       jsonb       NOT NULL DEFAULT '{}',
    error        text,
    started_at   timestamptz NOT NULL,
    finished_at  timestamptz,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, execution_id, position)
);
CALL platform.protect('automation.workflow_execution_steps');

ALTER TABLE automation.workflows ADD FOREIGN KEY (tenant_id, owner_id) REFERENCES identity.members (tenant_id, user_id) ON DELETE RESTRICT;
ALTER TABLE automation.workflow_revisions ADD FOREIGN KEY (tenant_id, workflow_id) REFERENCES automation.workflows (tenant_id, id) ON DELETE CASCADE;
ALTER TABLE automation.workflow_actions ADD FOREIGN KEY (tenant_id, workflow_id, revision) REFERENCES automation.workflow_revisions (tenant_id, workflow_id, revision) ON DELETE CASCADE;
ALTER TABLE automation.workflow_executions ADD FOREIGN KEY (tenant_id, workflow_id) REFERENCES automation.workflows (tenant_id, id) ON DELETE CASCADE;
ALTER TABLE automation.workflow_execution_steps ADD FOREIGN KEY (tenant_id, execution_id) REFERENCES automation.workflow_executions (tenant_id, id) ON DELETE CASCADE;
