/** Entering one of one's workspaces, and founding another. */
import { Button, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { api, take } from "@/api/client";
import { useT } from "@/i18n";
import type { Catalogue } from "@/i18n/en";
import { check } from "@/shared/forms";
import { browserZone } from "@/shared/time";
import { notice, refusal } from "@/shared/toast";
import { landing } from "./access";
import { enter, sessionQuery } from "./session";

export function useEnterWorkspace(entered?: () => void) {
  const t = useT();
  const client = useQueryClient();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: (tenant_id: string) => take(api.POST("/api/v1/session/tenant", { body: { tenant_id } })),
    onSuccess: async (next) => {
      enter(client, next);
      entered?.();
      await navigate({ to: landing(next) });
    },
    onError: (error) => {
      // The list may be old: a workspace that was closed, or one just founded.
      void client.invalidateQueries({ queryKey: sessionQuery.queryKey });
      refusal(error, t);
    },
  });
}

/** Calls off the deletion of a workspace. */
export function useKeepWorkspace() {
  const t = useT();
  const client = useQueryClient();
  return useMutation({
    mutationFn: (tenant: { id: string; name: string }) =>
      take(api.DELETE("/api/v1/tenants/{id}/deletion", { params: { path: { id: tenant.id } } })),
    onSuccess: (_, { name }) => notice(t.lives.kept(name)),
    onError: (error) => refusal(error, t),
    onSettled: () => client.invalidateQueries({ queryKey: sessionQuery.queryKey }),
  });
}

/** What a workspace that cannot be entered says of itself. */
export function closedWord(status: string, t: Catalogue): string {
  if (status === "pending_deletion") return t.lives.pending;
  if (status === "suspended") return t.lives.suspended;
  return t.noWorkspace.inactive;
}

/** Asks for a name, founds the workspace and enters it. */
export function NewWorkspace({ entered }: { entered?: () => void }) {
  const t = useT();
  const change = useEnterWorkspace(entered);
  const create = useMutation({
    mutationFn: (name: string) =>
      take(api.POST("/api/v1/tenants", { body: { name, timezone: browserZone() } })),
    onSuccess: (tenant) => change.mutate(tenant.id),
    onError: (error) => refusal(error, t),
  });
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { name: "" },
    validate: { name: check.required(t) },
  });
  return (
    <form noValidate onSubmit={form.onSubmit(({ name }) => create.mutate(name.trim()))}>
      <Stack>
        <TextInput
          label={t.auth.company}
          maxLength={120}
          data-autofocus
          key={form.key("name")}
          {...form.getInputProps("name")}
        />
        <Button type="submit" loading={create.isPending || change.isPending}>
          {t.common.create}
        </Button>
      </Stack>
    </form>
  );
}
