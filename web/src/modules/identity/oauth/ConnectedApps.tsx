/** What one has allowed apps, in every workspace, and how to take it back. */
import { Button, Flex, Group, Modal, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconPlugConnected } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { keys, patchCached } from "@/api/cache";
import { api, take } from "@/api/client";
import type { OAuthConsent } from "@/api/types";
import { useT } from "@/i18n";
import { When } from "@/shared/bits";
import { useChange } from "@/shared/change";
import { Section } from "@/shared/Page";
import { Answer, EmptyState } from "@/shared/states";
import { notice } from "@/shared/toast";
import security from "../security.module.css";
import { Mark } from "./Ask";
import classes from "./oauth.module.css";
import { ScopeChoice } from "./ScopeChoice";
import { linesOf } from "./scopes";

export function ConnectedApps() {
  const t = useT();
  const query = useQuery({
    queryKey: [keys.oauthConsents],
    queryFn: () => take(api.GET("/api/v1/oauth-consents", { params: { query: { limit: 100 } } })),
  });
  return (
    <Section title={t.oauth.connected} description={t.oauth.connectedText} flush>
      <div className={security.list}>
        <Answer query={query}>
          {({ items }) =>
            items.length === 0 ? (
              <EmptyState icon={IconPlugConnected} title={t.oauth.noneTitle}>
                {t.oauth.noneText}
              </EmptyState>
            ) : (
              items.map((consent) => <ConsentRow key={consent.id} consent={consent} />)
            )
          }
        </Answer>
      </div>
    </Section>
  );
}

function ConsentRow({ consent }: { consent: OAuthConsent }) {
  const t = useT();
  const client = useQueryClient();
  const [opened, { open, close }] = useDisclosure(false);
  const revoke = useChange<void>({
    run: () => take(api.DELETE("/api/v1/oauth-consents/{id}", { params: { path: { id: consent.id } } })),
    show: () => patchCached(client, keys.oauthConsents, consent.id, () => null),
    stale: [keys.oauthConsents],
    done: () => notice(t.oauth.disconnected(consent.client_name)),
  });
  return (
    <Group justify="space-between" align="flex-start" wrap="nowrap" className={security.session}>
      <Group wrap="nowrap" align="flex-start" miw={0}>
        <Mark text={consent.logo_text} />
        <div className={security.what}>
          <Text fw={500} className={classes.name}>
            {consent.client_name}
          </Text>
          <Text size="sm" className={classes.name}>
            {linesOf(consent.scopes, t).join(" · ")}
          </Text>
          <Text size="sm" c="dimmed" component="div">
            {consent.tenant_name} · {t.oauth.since} <When at={consent.created_at} dateOnly />
            {consent.last_used_at ? (
              <>
                {" · "}
                {t.tokens.lastUsed} <When at={consent.last_used_at} />
              </>
            ) : null}
          </Text>
        </div>
      </Group>
      <Flex direction={{ base: "column", xs: "row" }} gap="xs" flex="none">
        {consent.scopes.length > 1 ? (
          <Button
            variant="default"
            size="compact-md"
            onClick={open}
            aria-label={`${t.oauth.changeScopes}: ${consent.client_name}`}
          >
            {t.oauth.changeScopes}
          </Button>
        ) : null}
        <Button
          variant="default"
          size="compact-md"
          onClick={() => revoke.mutate()}
          aria-label={`${t.oauth.disconnect}: ${consent.client_name}`}
        >
          {t.oauth.disconnect}
        </Button>
      </Flex>
      <Modal
        opened={opened}
        onClose={close}
        title={t.oauth.changeTitle(consent.client_name)}
        closeButtonProps={{ "aria-label": t.common.close }}
      >
        <Narrowing key={consent.scopes.join(" ")} consent={consent} onDone={close} />
      </Modal>
    </Group>
  );
}

/** Takes some of it away again. */
function Narrowing({ consent, onDone }: { consent: OAuthConsent; onDone: () => void }) {
  const t = useT();
  const [kept, setKept] = useState(consent.scopes);
  const narrow = useChange<void>({
    run: () =>
      take(
        api.PUT("/api/v1/oauth-consents/{id}/scopes", {
          params: { path: { id: consent.id } },
          body: { scopes: kept },
        }),
      ),
    stale: [keys.oauthConsents],
    done: () => {
      notice(t.oauth.changed(consent.client_name));
      onDone();
    },
  });
  return (
    <Stack>
      <Text>{t.oauth.changeText}</Text>
      <ScopeChoice label={t.tokens.scopes} scopes={consent.scopes} chosen={kept} onChange={setKept} />
      {kept.length === 0 ? <Text size="sm">{t.oauth.keepSome}</Text> : null}
      <Group justify="flex-end">
        <Button
          disabled={kept.length === 0 || kept.length === consent.scopes.length}
          loading={narrow.isPending}
          onClick={() => narrow.mutate()}
        >
          {t.common.save}
        </Button>
      </Group>
    </Stack>
  );
}
