/** Adds a provider of the workspace's own, or changes one. */
import {
  Button,
  Group,
  Modal,
  PasswordInput,
  Select,
  Stack,
  Switch,
  Text,
  Textarea,
  TextInput,
} from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { keys } from "@/api/cache";
import { api, ifMatch, take } from "@/api/client";
import type { SignInProvider, SignInProviderInput } from "@/api/types";
import { useMay } from "@/app/session";
import { useT } from "@/i18n";
import { check, FormSummary, focusFirst, useFormProblem } from "@/shared/forms";
import { notice } from "@/shared/toast";
import { linesOf } from "./policyForm";
import { rolesQuery } from "./queries";
import { roleName } from "./roleName";

export function CompanyProviderForm(props: {
  provider: SignInProvider | null;
  opened: boolean;
  onClose: () => void;
}) {
  const t = useT();
  return (
    <Modal
      opened={props.opened}
      onClose={props.onClose}
      title={props.provider ? t.company.change : t.company.add}
      size={560}
      closeButtonProps={{ "aria-label": t.common.close }}
    >
      <Form {...props} />
    </Modal>
  );
}

function Form({ provider, onClose }: { provider: SignInProvider | null; onClose: () => void }) {
  const t = useT();
  const client = useQueryClient();
  const may = useMay();
  const roles = useQuery({ ...rolesQuery, enabled: may("roles:read") }).data?.items ?? [];
  const form = useForm({
    mode: "controlled",
    initialValues: {
      name: provider?.name ?? "",
      issuer: provider?.issuer ?? "",
      client_id: provider?.client_id ?? "",
      client_secret: "",
      domains: provider?.domains.join("\n") ?? "",
      admits: provider?.admits ?? ("members" as SignInProvider["admits"]),
      role_id: provider?.role?.id ?? null,
      is_enabled: provider?.is_enabled ?? true,
    },
    validate: {
      name: check.required(t),
      issuer: check.required(t),
      client_id: check.required(t),
      role_id: (role, { admits }) => (admits !== "members" && !role ? t.forms.required : null),
    },
  });
  const problem = useFormProblem(form);
  const save = useMutation({
    mutationFn: (body: SignInProviderInput) =>
      provider
        ? take(
            api.PUT("/api/v1/tenant/sign-in-providers/{id}", {
              params: { path: { id: provider.id }, header: ifMatch(provider) },
              body,
            }),
          )
        : take(api.POST("/api/v1/tenant/sign-in-providers", { body })),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: [keys.companyProviders] });
      notice(t.company.saved);
      onClose();
    },
    onError: problem.show,
  });
  return (
    <form
      noValidate
      autoComplete="off"
      onSubmit={form.onSubmit((values) => {
        problem.clear();
        save.mutate({
          ...values,
          name: values.name.trim(),
          issuer: values.issuer.trim(),
          client_id: values.client_id.trim(),
          client_secret: values.client_secret || null,
          domains: linesOf(values.domains),
          role_id: values.admits === "members" ? null : values.role_id,
        });
      }, focusFirst(form))}
    >
      <Stack>
        <FormSummary lines={problem.summary} />
        <TextInput
          label={t.company.name}
          description={t.company.nameText}
          maxLength={80}
          {...form.getInputProps("name")}
        />
        <TextInput
          label={t.company.issuer}
          description={provider ? t.company.issuerFixed : t.company.issuerText}
          type="url"
          readOnly={provider !== null}
          maxLength={500}
          {...form.getInputProps("issuer")}
        />
        <TextInput label={t.company.clientId} maxLength={500} {...form.getInputProps("client_id")} />
        <PasswordInput
          label={t.company.secret}
          description={provider?.has_secret ? t.company.secretKept : t.company.secretText}
          autoComplete="off"
          maxLength={1000}
          visibilityToggleButtonProps={{ "aria-label": t.company.showSecret }}
          {...form.getInputProps("client_secret")}
        />
        {provider ? (
          <Text size="sm" c="dimmed" style={{ overflowWrap: "anywhere" }}>
            {t.company.returnAddress} {`${window.location.origin}/sign-in/from/${provider.id}`}
          </Text>
        ) : null}
        <Textarea
          label={t.company.domains}
          description={t.company.domainsText}
          autosize
          minRows={2}
          spellCheck={false}
          {...form.getInputProps("domains")}
        />
        <Select
          label={t.company.whom}
          allowDeselect={false}
          data={(["members", "invited", "anybody"] as const).map((value) => ({
            value,
            label: t.company.admits[value],
          }))}
          {...form.getInputProps("admits")}
        />
        {form.values.admits === "members" ? null : (
          <Select
            label={form.values.admits === "anybody" ? t.company.role : t.company.highestRole}
            data={roles
              .filter(({ name }) => name !== "owner")
              .map((role) => ({ value: role.id, label: roleName(role.name, t) }))}
            {...form.getInputProps("role_id")}
          />
        )}
        <Switch label={t.company.enabled} {...form.getInputProps("is_enabled", { type: "checkbox" })} />
        <Group justify="flex-end">
          <Button type="submit" loading={save.isPending}>
            {t.common.save}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
