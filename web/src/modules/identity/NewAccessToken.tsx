/** Makes an access token, and shows its secret this once. */
import { Button, Checkbox, Group, Input, Modal, Select, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useId, useState } from "react";
import { keys } from "@/api/cache";
import { api, take } from "@/api/client";
import type { IssuedToken, NewAccessToken as TokenInput } from "@/api/types";
import { useFormats, useSession } from "@/app/session";
import { useT } from "@/i18n";
import { CopyButton } from "@/shared/bits";
import { check, FormSummary, focusFirst, useFormProblem } from "@/shared/forms";
import { ShownSecret } from "@/shared/ShownSecret";
import { actionName, areaName, areasOf, EXPIRIES, type Expiry, expiryAt, reads } from "./accessTokens";
import classes from "./accessTokens.module.css";
import { HowToSend } from "./HowToSend";

export function NewAccessToken({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const t = useT();
  const [issued, setIssued] = useState<IssuedToken | null>(null);
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      // Kept while the dialog fades, so that the form does not show through.
      onExitTransitionEnd={() => setIssued(null)}
      title={t.tokens.create}
      size={620}
      // What is shown once is not lost by a slip.
      closeOnClickOutside={issued === null}
      closeOnEscape={issued === null}
      closeButtonProps={{ "aria-label": t.common.close }}
    >
      {issued ? <Secret issued={issued} onDone={onClose} /> : <TokenForm onIssued={setIssued} />}
    </Modal>
  );
}

function TokenForm({ onIssued }: { onIssued: (issued: IssuedToken) => void }) {
  const t = useT();
  const f = useFormats();
  const client = useQueryClient();
  const form = useForm({
    mode: "controlled",
    initialValues: { name: "", expires_at: "90" as Expiry, scopes: [] as string[] },
    validate: {
      name: check.required(t),
      scopes: (value) => (value.length > 0 ? null : t.tokens.scopesNeeded),
    },
  });
  const problem = useFormProblem(form);
  const create = useMutation({
    mutationFn: (body: TokenInput) => take(api.POST("/api/v1/access-tokens", { body })),
    // The answer holds the secret, which is kept nowhere but in the dialog.
    gcTime: 0,
    onSuccess: (issued) => {
      void client.invalidateQueries({ queryKey: [keys.accessTokens] });
      onIssued(issued);
    },
    onError: problem.show,
  });
  const ends = expiryAt(form.values.expires_at, new Date());
  return (
    <form
      noValidate
      onSubmit={form.onSubmit((values) => {
        problem.clear();
        create.mutate({
          name: values.name.trim(),
          scopes: values.scopes,
          expires_at: expiryAt(values.expires_at, new Date()),
        });
      }, focusFirst(form))}
    >
      <Stack>
        <FormSummary lines={problem.summary} />
        <TextInput
          label={t.tokens.name}
          description={t.tokens.nameText}
          maxLength={100}
          autoComplete="off"
          data-autofocus
          {...form.getInputProps("name")}
        />
        <Select
          label={t.tokens.expires}
          data={EXPIRIES.map((value) => ({ value, label: t.tokens.expiries[value] }))}
          allowDeselect={false}
          inputWrapperOrder={["label", "input", "description", "error"]}
          description={
            ends ? (
              t.tokens.expiresOn(f.date(ends))
            ) : (
              <span className={classes.warning}>
                <IconAlertTriangle size={16} aria-hidden />
                {t.tokens.neverWarning}
              </span>
            )
          }
          {...form.getInputProps("expires_at")}
        />
        <Scopes
          value={form.values.scopes}
          onChange={(scopes) => form.setFieldValue("scopes", scopes)}
          error={form.errors.scopes}
        />
        <Group justify="flex-end">
          <Button type="submit" loading={create.isPending}>
            {t.common.create}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

/** What one may do oneself, to choose from. */
function Scopes({
  value,
  onChange,
  error,
}: {
  value: string[];
  onChange: (scopes: string[]) => void;
  error: ReactNode;
}) {
  const t = useT();
  const id = useId();
  const { permissions } = useSession();
  const held = permissions.map((grant) => grant.codename);
  const own = new Set(permissions.filter((grant) => grant.scope === "own").map((grant) => grant.codename));
  const readable = held.filter(reads);
  const same = (some: string[]) => some.length === value.length && some.every((x) => value.includes(x));
  const shortcut = (label: string, some: string[]) => (
    <Button
      variant={same(some) ? "light" : "default"}
      size="compact-md"
      aria-pressed={same(some)}
      disabled={some.length === 0}
      onClick={() => onChange(same(some) ? [] : some)}
    >
      {label}
    </Button>
  );
  return (
    <Checkbox.Group
      label={t.tokens.scopes}
      description={t.tokens.scopesText}
      value={value}
      onChange={onChange}
      error={error}
      // Below the last box it would be out of sight.
      inputWrapperOrder={["label", "description", "error", "input"]}
    >
      <Group gap="xs" mt="xs" mb={4}>
        {shortcut(t.tokens.readOnly, readable)}
        {shortcut(t.tokens.all, held)}
        <Text size="sm" c="dimmed" aria-live="polite">
          {t.tokens.chosen(value.length, held.length)}
        </Text>
      </Group>
      {areasOf(held, t).map(({ resource, codenames }, i) => (
        // biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be laid out in columns with its legend
        <div key={resource} role="group" aria-labelledby={`${id}-${resource}`} className={classes.area}>
          <Input.Label component="div" id={`${id}-${resource}`} className={classes.areaName}>
            {areaName(resource, t)}
          </Input.Label>
          <div className={classes.actions}>
            {codenames.map((codename, j) => {
              const action = actionName(codename, t);
              return (
                <Checkbox
                  key={codename}
                  value={codename}
                  label={own.has(codename) ? t.tokens.ownOnly(action) : action}
                  // Where the form looks for the field to give it the focus.
                  {...(i === 0 && j === 0 ? { "data-path": "scopes" } : {})}
                  aria-invalid={error ? true : undefined}
                />
              );
            })}
          </div>
        </div>
      ))}
    </Checkbox.Group>
  );
}

function Secret({ issued, onDone }: { issued: IssuedToken; onDone: () => void }) {
  const t = useT();
  return (
    <Stack>
      <ShownSecret label={t.tokens.secret(issued.name)} secret={issued.token} />
      <Group>
        <CopyButton value={issued.token} label={t.tokens.copy} />
      </Group>
      <div>
        <Text size="sm">{t.tokens.secretUse}</Text>
        <HowToSend />
      </div>
      <Group justify="flex-end">
        <Button onClick={onDone}>{t.common.done}</Button>
      </Group>
    </Stack>
  );
}
