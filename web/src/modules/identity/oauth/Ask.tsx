/** What an app asks of a person: who it is, what it wants, in which workspace, and the answer. */
import { Button, Group, Select, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { AuthorizationAsked } from "@/api/types";
import { sessionQuery } from "@/app/session";
import { useT } from "@/i18n";
import classes from "./oauth.module.css";
import { ScopeChoice } from "./ScopeChoice";

const MINUTE = 60;
const DAY = 24 * 3600;

/** What a person answers. */
export interface Decision {
  allowed: boolean;
  tenant_id: string | null;
  scopes: string[] | null;
}

export function Mark({ text }: { text: string }) {
  return (
    <span className={classes.mark} aria-hidden>
      {text}
    </span>
  );
}

export function Ask({
  asked,
  busy,
  onDecide,
  onOther,
}: {
  asked: AuthorizationAsked;
  /** The answer that is on its way. */
  busy: "yes" | "no" | null;
  onDecide: (decision: Decision) => void;
  /** To start again as somebody else. */
  onOther?: () => void;
}) {
  const t = useT();
  const { data: session } = useQuery(sessionQuery);
  const [tenant, setTenant] = useState(asked.tenant_id ?? null);
  const [chosen, setChosen] = useState(asked.scopes);
  const offered = asked.tenants.length > 0;
  return (
    <Stack>
      <Group wrap="nowrap" align="flex-start">
        <Mark text={asked.logo_text} />
        <div>
          <Text fw={500} className={classes.name}>
            {asked.client_name}
          </Text>
          <Text size="sm" c="dimmed" className={classes.name}>
            {asked.leads_to ? t.oauth.leadsTo(asked.leads_to) : t.oauth.device}
            {asked.of_instance ? "" : ` · ${t.oauth.ofWorkspace}`}
          </Text>
        </div>
      </Group>
      {offered ? (
        <>
          <div>
            <ScopeChoice label={t.oauth.wants} scopes={asked.scopes} chosen={chosen} onChange={setChosen} />
            <Text size="sm" c="dimmed" mt={8}>
              {asked.stays_seconds && chosen.includes("offline_access")
                ? t.oauth.stays(asked.stays_seconds / DAY)
                : t.oauth.lives(asked.lives_seconds / MINUTE)}
            </Text>
          </div>
          {asked.tenants.length > 1 ? (
            <Select
              label={t.oauth.workspace}
              data={asked.tenants.map(({ id, name }) => ({ value: id, label: name }))}
              value={tenant}
              onChange={setTenant}
              allowDeselect={false}
            />
          ) : (
            <Text size="sm">
              {t.oauth.workspace}: {asked.tenants[0]?.name}
            </Text>
          )}
          <Text size="sm" c="dimmed">
            {t.oauth.bound}
          </Text>
        </>
      ) : (
        <Text>{t.oauth.noWorkspace}</Text>
      )}
      <Text size="sm" c="dimmed" component="div">
        {session ? t.oauth.as(session.user.email) : null}
        {onOther ? (
          <Button variant="transparent" size="compact-sm" onClick={onOther}>
            {t.oauth.other}
          </Button>
        ) : null}
      </Text>
      <Group grow>
        <Button
          variant="default"
          loading={busy === "no"}
          disabled={busy !== null}
          onClick={() => onDecide({ allowed: false, tenant_id: null, scopes: null })}
        >
          {t.oauth.refuse}
        </Button>
        {offered ? (
          <Button
            loading={busy === "yes"}
            disabled={busy !== null || !tenant || chosen.length === 0}
            onClick={() => onDecide({ allowed: true, tenant_id: tenant, scopes: chosen })}
          >
            {t.oauth.allow}
          </Button>
        ) : null}
      </Group>
    </Stack>
  );
}
