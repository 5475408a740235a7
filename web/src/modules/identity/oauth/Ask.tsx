/** What an app asks of a person: who it is, what it wants, in which workspace, and the answer. */
import { Button, Group, Select, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { AuthorizationAsked } from "@/api/types";
import { sessionQuery } from "@/app/session";
import { useT } from "@/i18n";
import classes from "./oauth.module.css";
import { linesOf } from "./scopes";

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
  onDecide: (allowed: boolean, tenant: string | null) => void;
  /** To start again as somebody else. */
  onOther?: () => void;
}) {
  const t = useT();
  const { data: session } = useQuery(sessionQuery);
  const [tenant, setTenant] = useState(asked.tenant_id ?? null);
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
            <Text fw={500} mb={4}>
              {t.oauth.wants}
            </Text>
            <ul className={classes.scopes}>
              {linesOf(asked.scopes, t).map((line) => (
                <li key={line}>{line}</li>
              ))}
            </ul>
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
          onClick={() => onDecide(false, null)}
        >
          {t.oauth.refuse}
        </Button>
        {offered ? (
          <Button
            loading={busy === "yes"}
            disabled={busy !== null || !tenant}
            onClick={() => onDecide(true, tenant)}
          >
            {t.oauth.allow}
          </Button>
        ) : null}
      </Group>
    </Stack>
  );
}
