/** Somebody found by the whole address, with the status and its history. */
import { Badge, Button, Group, Modal, Select, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconUserSearch } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { keys } from "@/api/cache";
import { api, take } from "@/api/client";
import type { InstanceUser } from "@/api/types";
import { useSession } from "@/app/session";
import { useT } from "@/i18n";
import { When } from "@/shared/bits";
import { Section } from "@/shared/Page";
import { Answer, EmptyState } from "@/shared/states";
import { notice, refusal } from "@/shared/toast";
import { userQuery } from "./queries";
import { History } from "./TenantPage";

const route = getRouteApi("/app/instance/users");

export function Users() {
  const t = useT();
  const navigate = useNavigate({ from: "/instance/users" });
  const { email } = route.useSearch();
  const [typed, setTyped] = useState(email ?? "");
  return (
    <>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void navigate({ search: { email: typed.trim() || undefined } });
        }}
      >
        <Group align="flex-end" gap="xs" mb="md">
          <TextInput
            label={t.instance.findUser}
            description={t.instance.findText}
            type="email"
            flex={1}
            maw={400}
            value={typed}
            onChange={(e) => setTyped(e.currentTarget.value)}
          />
          <Button type="submit">{t.instance.find}</Button>
        </Group>
      </form>
      {email ? <Found email={email} /> : null}
    </>
  );
}

function Found({ email }: { email: string }) {
  const t = useT();
  const query = useQuery(userQuery(email));
  return (
    <Answer query={query}>
      {(found) =>
        found === null ? (
          <EmptyState icon={IconUserSearch} title={t.instance.nobody} />
        ) : (
          <>
            <Section
              title={found.user.name}
              description={found.user.email}
              action={<ChangeStatus user={found.user} />}
            >
              <Stack gap={6}>
                <Group gap="xs">
                  <UserStatus status={found.user.status} />
                  {found.user.is_platform_admin ? <Badge variant="outline">{t.instance.admin}</Badge> : null}
                </Group>
                <Text>{t.instance.workspaces(found.user.workspaces)}</Text>
                <Text c="dimmed" component="div">
                  {t.instance.lastActive}:{" "}
                  {found.user.last_active_at ? <When at={found.user.last_active_at} /> : t.common.never}
                </Text>
              </Stack>
            </Section>
            <History lines={found.history} words={t.instance.userStatuses} />
          </>
        )
      }
    </Answer>
  );
}

function UserStatus({ status }: { status: string }) {
  const t = useT();
  const color = status === "active" ? "green" : status === "suspended" ? "red" : "gray";
  return (
    <Badge variant="dot" color={color}>
      {t.instance.userStatuses[status as keyof typeof t.instance.userStatuses] ?? status}
    </Badge>
  );
}

function ChangeStatus({ user }: { user: InstanceUser }) {
  const t = useT();
  const me = useSession().user.id;
  const client = useQueryClient();
  const [opened, { open, close }] = useDisclosure(false);
  const [status, setStatus] = useState<string>(user.status === "active" ? "suspended" : "active");
  const [reason, setReason] = useState("");
  const change = useMutation({
    mutationFn: (body: { status: string; reason: string }) =>
      take(api.PUT("/api/v1/admin/users/{id}/status", { params: { path: { id: user.id } }, body })),
    onSuccess: () => {
      close();
      setReason("");
      notice(t.instance.statusSet(user.name));
    },
    onError: (error) => refusal(error, t),
    onSettled: () => client.invalidateQueries({ queryKey: [keys.instance] }),
  });
  if (user.id === me || user.status === "deleted") return null;
  const others = (["active", "inactive", "suspended"] as const).filter((one) => one !== user.status);
  return (
    <>
      <Button variant="default" flex="none" onClick={open}>
        {t.instance.setStatus}
      </Button>
      <Modal
        opened={opened}
        onClose={close}
        title={t.instance.setStatus}
        closeButtonProps={{ "aria-label": t.common.close }}
      >
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (reason.trim()) change.mutate({ status, reason: reason.trim() });
          }}
        >
          <Stack>
            <Text>{t.instance.userText}</Text>
            <Select
              label={t.instance.status}
              allowDeselect={false}
              data={others.map((value) => ({ value, label: t.instance.userStatuses[value] }))}
              value={status}
              onChange={(next) => next && setStatus(next)}
            />
            <Textarea
              label={t.instance.reason}
              autosize
              minRows={2}
              maxLength={500}
              value={reason}
              onChange={(e) => setReason(e.currentTarget.value)}
            />
            <Group justify="flex-end">
              <Button type="submit" disabled={!reason.trim()} loading={change.isPending}>
                {t.instance.setStatus}
              </Button>
            </Group>
          </Stack>
        </form>
      </Modal>
    </>
  );
}
