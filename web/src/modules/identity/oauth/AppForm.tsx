/** Registers an app, or changes one. */
import { Button, Checkbox, Group, Modal, Select, Stack, Textarea, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { OAuthClient } from "@/api/types";
import { useT } from "@/i18n";
import { check, FormSummary, focusFirst, useFormProblem } from "@/shared/forms";
import { actionName, areaName, areasOf } from "../accessTokens";
import tokens from "../accessTokens.module.css";
import { permissionsQuery } from "../queries";
import { AppSecret } from "./AppSecret";
import { linesIn, markOf, type Realm } from "./apps";
import { OPENID } from "./scopes";

type Issued = OAuthClient & { client_secret?: string | null };

export function AppForm({
  realm,
  app,
  opened,
  onClose,
}: {
  realm: Realm;
  app: OAuthClient | null;
  opened: boolean;
  onClose: () => void;
}) {
  const t = useT();
  const [issued, setIssued] = useState<Issued | null>(null);
  const shown = issued?.client_secret ? issued : null;
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      onExitTransitionEnd={() => setIssued(null)}
      title={app ? t.apps.change : t.apps.create}
      size={620}
      // What is shown once is not lost by a slip.
      closeOnClickOutside={shown === null}
      closeOnEscape={shown === null}
      closeButtonProps={{ "aria-label": t.common.close }}
    >
      {shown ? (
        <AppSecret issued={shown} onDone={onClose} />
      ) : (
        <Form
          realm={realm}
          app={app}
          onDone={(done) => {
            if (done.client_secret) setIssued(done);
            else onClose();
          }}
        />
      )}
    </Modal>
  );
}

type Grant = OAuthClient["grant_types"][number];
const GRANTS: readonly Grant[] = ["authorization_code", "refresh_token", "device_code", "client_credentials"];

function Form({
  realm,
  app,
  onDone,
}: {
  realm: Realm;
  app: OAuthClient | null;
  onDone: (done: Issued) => void;
}) {
  const t = useT();
  const client = useQueryClient();
  const permissions = useQuery(permissionsQuery);
  const form = useForm({
    mode: "controlled",
    initialValues: {
      name: app?.name ?? "",
      logo_text: app?.logo_text ?? "",
      kind: app?.kind ?? "confidential",
      redirect_uris: app?.redirect_uris.join("\n") ?? "",
      post_logout_redirect_uris: app?.post_logout_redirect_uris.join("\n") ?? "",
      grant_types: (app?.grant_types ?? ["authorization_code", "refresh_token"]) as Grant[],
      allowed_scopes: app?.allowed_scopes ?? ["openid", "profile", "email"],
      requires_par: app?.requires_par ?? false,
      requires_dpop: app?.requires_dpop ?? false,
    },
    validate: {
      name: check.required(t),
      grant_types: (value) => (value.length > 0 ? null : t.apps.grantsNeeded),
      allowed_scopes: (value) => (value.length > 0 ? null : t.tokens.scopesNeeded),
      redirect_uris: (value, { grant_types }) =>
        grant_types.includes("authorization_code") && linesIn(value).length === 0 ? t.forms.required : null,
    },
  });
  const problem = useFormProblem(form);
  const save = useMutation({
    mutationFn: async (values: typeof form.values): Promise<Issued> => {
      const { kind, ...rest } = values;
      const body = {
        ...rest,
        logo_text: values.logo_text.trim() || markOf(values.name),
        redirect_uris: linesIn(values.redirect_uris),
        post_logout_redirect_uris: linesIn(values.post_logout_redirect_uris),
      };
      return app ? realm.change(app, body) : realm.create({ ...body, kind });
    },
    // The answer may hold the secret, which is kept nowhere but in the dialog.
    gcTime: 0,
    onSuccess: (done) => {
      void client.invalidateQueries({ queryKey: [realm.key] });
      onDone(done);
    },
    onError: problem.show,
  });
  const known = (permissions.data?.items ?? []).map(({ codename }) => codename);
  const grants = GRANTS.filter(
    (grant) => grant !== "client_credentials" || form.values.kind === "confidential",
  );
  return (
    <form
      noValidate
      onSubmit={form.onSubmit((values) => {
        problem.clear();
        save.mutate(values);
      }, focusFirst(form))}
    >
      <Stack>
        <FormSummary lines={problem.summary} />
        <Group align="flex-start" wrap="nowrap">
          <TextInput
            flex={1}
            label={t.apps.name}
            description={t.apps.nameText}
            maxLength={100}
            autoComplete="off"
            data-autofocus
            {...form.getInputProps("name")}
          />
          <TextInput
            w={96}
            label={t.apps.mark}
            description={t.apps.markText}
            placeholder={markOf(form.values.name)}
            maxLength={2}
            autoComplete="off"
            {...form.getInputProps("logo_text")}
          />
        </Group>
        {app ? null : (
          <Select
            label={t.apps.kind}
            data={(["confidential", "public", "native"] as const).map((value) => ({
              value,
              label: t.apps.kinds[value],
            }))}
            allowDeselect={false}
            {...form.getInputProps("kind")}
          />
        )}
        <Checkbox.Group
          label={t.apps.grants}
          inputWrapperOrder={["label", "error", "input"]}
          {...form.getInputProps("grant_types")}
        >
          <Stack gap="xs" mt="xs">
            {grants.map((grant) => (
              <Checkbox key={grant} value={grant} label={t.apps.grantTypes[grant]} />
            ))}
          </Stack>
        </Checkbox.Group>
        {form.values.grant_types.includes("authorization_code") ? (
          <Textarea
            label={t.apps.redirects}
            description={t.apps.redirectsText}
            placeholder="https://app.example.com/callback"
            autosize
            minRows={2}
            spellCheck={false}
            {...form.getInputProps("redirect_uris")}
          />
        ) : null}
        <Textarea
          label={t.apps.logoutRedirects}
          description={t.apps.logoutRedirectsText}
          autosize
          minRows={1}
          spellCheck={false}
          {...form.getInputProps("post_logout_redirect_uris")}
        />
        <Checkbox.Group
          label={t.apps.scopes}
          description={t.apps.scopesText}
          inputWrapperOrder={["label", "description", "error", "input"]}
          {...form.getInputProps("allowed_scopes")}
        >
          <Stack gap="xs" mt="xs">
            {OPENID.map((scope) => (
              <Checkbox key={scope} value={scope} label={t.oauth.scopes[scope]} />
            ))}
          </Stack>
          {areasOf(known, t).map(({ resource, codenames }) => (
            // biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be laid out in columns with its legend
            <div key={resource} role="group" aria-label={areaName(resource, t)} className={tokens.area}>
              <span className={tokens.areaName}>{areaName(resource, t)}</span>
              <div className={tokens.actions}>
                {codenames.map((codename) => (
                  <Checkbox key={codename} value={codename} label={actionName(codename, t)} />
                ))}
              </div>
            </div>
          ))}
        </Checkbox.Group>
        <Checkbox label={t.apps.par} {...form.getInputProps("requires_par", { type: "checkbox" })} />
        <Checkbox label={t.apps.dpop} {...form.getInputProps("requires_dpop", { type: "checkbox" })} />
        <Group justify="flex-end">
          <Button type="submit" loading={save.isPending}>
            {app ? t.common.save : t.common.create}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
