/** The password and what is asked beside it, where one is signed in, and what acts for one. */
import { Badge, Button, Group, Stack, Text } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { keys, patchCached } from "@/api/cache";
import { api, take } from "@/api/client";
import type { SessionRow } from "@/api/types";
import { useSession } from "@/app/session";
import { useLanguage, useT } from "@/i18n";
import { When } from "@/shared/bits";
import { useChange } from "@/shared/change";
import {
  check,
  FormSummary,
  focusFirst,
  PASSWORD_MIN,
  PASSWORD_MIN_BESIDE,
  useFormProblem,
} from "@/shared/forms";
import { Section } from "@/shared/Page";
import { PasswordField } from "@/shared/PasswordField";
import { placeName } from "@/shared/place";
import { Answer } from "@/shared/states";
import { notice } from "@/shared/toast";
import { AccessTokens } from "./AccessTokens";
import { CompanyIdentities, Confined } from "./CompanyIdentities";
import { deviceName } from "./deviceName";
import { Identities, NoPassword } from "./Identities";
import { ConnectedApps } from "./oauth/ConnectedApps";
import { identitiesQuery, secondFactorsQuery, sessionsQuery } from "./queries";
import { SecondFactors } from "./SecondFactors";
import { AccountEvents, SignIns } from "./SignIns";
import classes from "./security.module.css";

export function SecuritySettings() {
  // A token is of one workspace; the rest works without any.
  const { tenant, refused, is_confined } = useSession();
  const { data: identities } = useQuery({ ...identitiesQuery, enabled: !is_confined });
  if (is_confined)
    return (
      <>
        <Confined />
        <CompanyIdentities />
        {refused ? null : <AccessTokens />}
      </>
    );
  return (
    <>
      <SecondFactors />
      <Identities />
      {tenant && !refused ? <CompanyIdentities /> : null}
      <Sessions />
      <SignIns />
      <AccountEvents />
      {tenant && !refused ? <AccessTokens /> : null}
      <ConnectedApps />
      {identities?.has_password === false ? <NoPassword /> : <Password />}
    </>
  );
}

function Sessions() {
  const { t, locale } = useLanguage();
  const client = useQueryClient();
  const query = useQuery(sessionsQuery);
  const end = useChange<string>({
    run: (id) => take(api.DELETE("/api/v1/sessions/{id}", { params: { path: { id } } })),
    show: (id) => patchCached(client, keys.sessions, id, () => null),
    stale: [keys.sessions],
    done: () => notice(t.security.ended),
  });
  const endOthers = useChange<void>({
    run: () => take(api.DELETE("/api/v1/sessions")),
    stale: [keys.sessions],
    done: () => notice(t.security.othersEnded),
  });
  const others = (query.data?.items ?? []).some((row) => !row.current);
  return (
    <Section
      title={t.security.sessions}
      description={t.security.sessionsText}
      flush
      action={
        others ? (
          <Button
            variant="default"
            flex="none"
            loading={endOthers.isPending}
            onClick={() => endOthers.mutate()}
          >
            {t.security.endOthers}
          </Button>
        ) : null
      }
    >
      <div className={classes.list}>
        <Answer query={query}>
          {({ items }) =>
            items.map((row: SessionRow) => {
              const device = deviceName(row.user_agent ?? "") || t.security.unknownDevice;
              return (
                <Group key={row.id} justify="space-between" wrap="nowrap" className={classes.session}>
                  <div className={classes.what}>
                    <Group gap="xs">
                      <Text fw={500}>{device}</Text>
                      {row.current ? <Badge variant="default">{t.security.thisOne}</Badge> : null}
                    </Group>
                    <Text size="sm" c="dimmed">
                      {[row.ip_address, placeName(row.place, locale)]
                        .filter(Boolean)
                        .map((fact) => `${fact} · `)}
                      {t.security.lastSeen} <When at={row.last_seen_at} />
                    </Text>
                  </div>
                  {row.current ? null : (
                    <Button
                      variant="default"
                      size="compact-md"
                      flex="none"
                      onClick={() => end.mutate(row.id)}
                      aria-label={`${t.security.end}: ${device}`}
                    >
                      {t.security.end}
                    </Button>
                  )}
                </Group>
              );
            })
          }
        </Answer>
      </div>
    </Section>
  );
}

function Password() {
  const t = useT();
  const { data: factors } = useQuery(secondFactorsQuery);
  const min = factors && factors.methods.length > 0 ? PASSWORD_MIN_BESIDE : PASSWORD_MIN;
  const session = useSession();
  const client = useQueryClient();
  const form = useForm({
    mode: "uncontrolled",
    validateInputOnBlur: true,
    initialValues: { current_password: "", new_password: "" },
    validate: {
      current_password: (v) => (v ? null : t.forms.required),
      new_password: check.password(t, min),
    },
  });
  const problem = useFormProblem(form);
  const change = useMutation({
    mutationFn: (body: { current_password: string; new_password: string }) =>
      take(api.PUT("/api/v1/me/password", { body })),
    onSuccess: () => {
      form.reset();
      notice(t.security.passwordChanged);
      void client.invalidateQueries({ queryKey: [keys.sessions] });
    },
    onError: problem.show,
  });
  return (
    <Section title={t.auth.password} description={t.security.passwordText}>
      <form
        noValidate
        onSubmit={form.onSubmit((values) => {
          problem.clear();
          change.mutate(values);
        }, focusFirst(form))}
      >
        <Stack maw={440}>
          <FormSummary lines={problem.summary} />
          {/* Password stores need the account's name beside a changed password. */}
          <input type="text" autoComplete="username" value={session.user.email} readOnly hidden />
          <PasswordField
            label={t.security.current}
            autoComplete="current-password"
            key={form.key("current_password")}
            {...form.getInputProps("current_password")}
          />
          <PasswordField
            label={t.auth.newPassword}
            description={t.forms.password(min)}
            autoComplete="new-password"
            key={form.key("new_password")}
            {...form.getInputProps("new_password")}
          />
          <Group>
            <Button type="submit" loading={change.isPending}>
              {t.security.change}
            </Button>
          </Group>
        </Stack>
      </form>
    </Section>
  );
}
