/** Programs that act for one in the workspace: what each may do, and its end. */
import { Badge, Button, Collapse, Group, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconChevronDown, IconChevronRight, IconKey } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { keys, patchCached } from "@/api/cache";
import { api, take } from "@/api/client";
import type { AccessToken } from "@/api/types";
import { useFormats, useMay } from "@/app/session";
import { useT } from "@/i18n";
import { When } from "@/shared/bits";
import { useChange } from "@/shared/change";
import { Section } from "@/shared/Page";
import { Answer, EmptyState } from "@/shared/states";
import { TypedDialog } from "@/shared/TypedDialog";
import { notice } from "@/shared/toast";
import { actionName, areaName, areasOf, expiryState, summaryOf } from "./accessTokens";
import classes from "./accessTokens.module.css";
import { HowToSend } from "./HowToSend";
import { NewAccessToken } from "./NewAccessToken";
import { accessTokensQuery } from "./queries";
import security from "./security.module.css";

const route = getRouteApi("/app/settings/security");

export function AccessTokens() {
  const t = useT();
  const query = useQuery(accessTokensQuery);
  const { create } = route.useSearch();
  const navigate = useNavigate({ from: "/settings/security" });
  const setCreate = (value: true | undefined) =>
    void navigate({ search: (s) => ({ ...s, create: value }), resetScroll: false });
  const some = (query.data?.items.length ?? 0) > 0;
  const button = (
    <Button flex="none" variant={some ? "default" : "filled"} onClick={() => setCreate(true)}>
      {t.tokens.create}
    </Button>
  );
  return (
    <Section title={t.tokens.title} description={t.tokens.text} flush action={some ? button : null}>
      <div className={security.list}>
        <Answer query={query}>
          {({ items }) =>
            items.length === 0 ? (
              <EmptyState icon={IconKey} title={t.tokens.noneTitle} action={button}>
                {t.tokens.noneText}
                <HowToSend />
              </EmptyState>
            ) : (
              items.map((token) => <TokenRow key={token.id} token={token} end={endOwn} />)
            )
          }
        </Answer>
      </div>
      <NewAccessToken opened={create === true} onClose={() => setCreate(undefined)} />
    </Section>
  );
}

/** Revokes the token of that id. */
type End = (id: string) => Promise<unknown>;

const endOwn: End = (id) => take(api.DELETE("/api/v1/access-tokens/{id}", { params: { path: { id } } }));

/** One token; with the member whose it is, where it is another's. */
export function TokenRow({ token, of, end }: { token: AccessToken; of?: string; end: End }) {
  const t = useT();
  const f = useFormats();
  const [open, { toggle }] = useDisclosure(false);
  const state = expiryState(token.expires_at, new Date());
  const summary = summaryOf(token.scopes, t, f.locale);
  return (
    <Group justify="space-between" align="flex-start" wrap="nowrap" className={security.session}>
      <div className={classes.what}>
        <Group gap="xs">
          <Text fw={500} className={classes.name}>
            {token.name}
          </Text>
          {state === "expired" ? (
            <Badge variant="dot" color="red" className={classes.badge}>
              {t.tokens.expired}
            </Badge>
          ) : null}
          {state === "soon" && token.expires_at ? (
            <Badge variant="dot" color="yellow" className={classes.badge}>
              {t.tokens.soon(f.relative(token.expires_at))}
            </Badge>
          ) : null}
        </Group>
        <button
          type="button"
          className={classes.summary}
          onClick={toggle}
          aria-expanded={open}
          title={t.tokens.details(token.name)}
        >
          {open ? <IconChevronDown size={16} aria-hidden /> : <IconChevronRight size={16} aria-hidden />}
          <span>{summary.join(" · ")}</span>
        </button>
        <Collapse expanded={open}>
          <Permissions scopes={token.scopes} own={of === undefined} />
        </Collapse>
        <Text size="sm" c="dimmed" component="div">
          {of ? `${of} · ` : ""}
          {t.tokens.created} <When at={token.created_at} dateOnly />
          {" · "}
          {token.last_used_at ? (
            <>
              {t.tokens.lastUsed} <When at={token.last_used_at} />
              {token.last_used_ip ? ` ${t.tokens.from(token.last_used_ip)}` : ""}
            </>
          ) : (
            t.tokens.unused
          )}
          {" · "}
          {token.expires_at ? (
            <>
              {state === "expired" ? t.tokens.ended : t.tokens.until} <When at={token.expires_at} dateOnly />
            </>
          ) : (
            t.tokens.endless
          )}
        </Text>
      </div>
      <Revocation token={token} expired={state === "expired"} end={end} />
    </Group>
  );
}

function Permissions({ scopes, own }: { scopes: readonly string[]; own: boolean }) {
  const t = useT();
  const may = useMay();
  return (
    <dl className={classes.permissions}>
      {areasOf(scopes, t).map(({ resource, codenames }) => (
        <div key={resource}>
          <dt>{areaName(resource, t)}</dt>
          <dd>
            {codenames
              .map((codename) => {
                const action = actionName(codename, t);
                return may(codename) || !own ? action : t.tokens.lost(action);
              })
              .join(", ")}
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** What still counts is not given up without the name; what has expired goes at once. */
function Revocation({ token, expired, end }: { token: AccessToken; expired: boolean; end: End }) {
  const t = useT();
  const client = useQueryClient();
  const [opened, { open, close }] = useDisclosure(false);
  const revoke = useChange<void>({
    run: () => end(token.id),
    stale: [keys.accessTokens, keys.memberAccessTokens],
    done: () => {
      for (const key of [keys.accessTokens, keys.memberAccessTokens])
        patchCached(client, key, token.id, () => null);
      notice(expired ? t.tokens.removed(token.name) : t.tokens.revoked(token.name));
    },
    refused: ({ status }) => {
      if (status === 404) close();
      return false;
    },
  });
  const word = expired ? t.tokens.remove : t.tokens.revoke;
  return (
    <>
      <Button
        variant="default"
        size="compact-md"
        flex="none"
        loading={expired && revoke.isPending}
        onClick={() => (expired ? revoke.mutate() : open())}
        aria-label={`${word}: ${token.name}`}
      >
        {word}
      </Button>
      <TypedDialog
        opened={opened}
        onClose={close}
        title={t.tokens.revokeTitle}
        text={t.tokens.revokeText}
        label={t.contacts.deleteConfirm(token.name)}
        expected={token.name}
        button={t.tokens.revoke}
        pending={revoke.isPending}
        onConfirm={() => revoke.mutate()}
      />
    </>
  );
}
