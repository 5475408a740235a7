/** Invitations: sent, sent again, withdrawn. */
import {
  ActionIcon,
  Badge,
  Button,
  Menu,
  Modal,
  Select,
  Stack,
  Table,
  Text,
  Textarea,
  TextInput,
} from "@mantine/core";
import { useForm } from "@mantine/form";
import { useDisclosure } from "@mantine/hooks";
import { IconDots, IconMailForward, IconMailOff, IconMailPlus } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { keys, patchCached } from "@/api/cache";
import { api, take } from "@/api/client";
import type { Invitation } from "@/api/types";
import { useMay } from "@/app/session";
import { useT } from "@/i18n";
import { When } from "@/shared/bits";
import { ConfirmDialog } from "@/shared/ConfirmDialog";
import { useChange } from "@/shared/change";
import { wordFor } from "@/shared/eventText";
import { check, FormSummary, focusFirst, useFormProblem } from "@/shared/forms";
import { Page } from "@/shared/Page";
import { MoreRows, pagesOf } from "@/shared/pages";
import { Answer, EmptyState } from "@/shared/states";
import table from "@/shared/table.module.css";
import { notice } from "@/shared/toast";
import { MembersTabs } from "./Members";
import { rolesQuery } from "./queries";
import { roleName } from "./roleName";

const route = getRouteApi("/app/members/invitations");

export function Invitations() {
  const t = useT();
  const may = useMay();
  const navigate = useNavigate({ from: "/members/invitations" });
  const { status, create } = route.useSearch();
  const query = useInfiniteQuery(
    pagesOf([keys.invitations, { status }], (cursor, signal) =>
      take(api.GET("/api/v1/invitations", { params: { query: { cursor, status, limit: 50 } }, signal })),
    ),
  );
  const setCreate = (value: true | undefined) => void navigate({ search: (s) => ({ ...s, create: value }) });
  const writable = may("invitations:write");
  const button = writable ? (
    <Button leftSection={<IconMailPlus size={16} aria-hidden />} onClick={() => setCreate(true)}>
      {t.invitations.create}
    </Button>
  ) : null;
  return (
    <Page title={t.invitations.title} action={button}>
      <MembersTabs active="invitations" />
      <Answer query={query}>
        {(invitations) =>
          invitations.length === 0 ? (
            <EmptyState icon={IconMailPlus} title={t.invitations.noneTitle} action={button}>
              {writable ? t.invitations.noneText : t.roleLacks.invitations}
            </EmptyState>
          ) : (
            <>
              <div className={table.wrap}>
                <Table className={`${table.table} ${table.stack}`} aria-label={t.invitations.title}>
                  <Table.Thead>
                    <Table.Tr>
                      <Table.Th>{t.auth.email}</Table.Th>
                      <Table.Th>{t.members.role}</Table.Th>
                      <Table.Th>{t.members.status}</Table.Th>
                      <Table.Th visibleFrom="sm">{t.invitations.expires}</Table.Th>
                      <Table.Th w={48}>
                        <span className="visually-hidden">{t.common.actions}</span>
                      </Table.Th>
                    </Table.Tr>
                  </Table.Thead>
                  <Table.Tbody>
                    {invitations.map((invitation) => (
                      <InvitationRow key={invitation.id} invitation={invitation} />
                    ))}
                  </Table.Tbody>
                </Table>
              </div>
              <MoreRows query={query} />
            </>
          )
        }
      </Answer>
      <Modal
        opened={create === true && writable}
        onClose={() => setCreate(undefined)}
        title={t.invitations.create}
        closeButtonProps={{ "aria-label": t.common.close }}
      >
        <InviteForm onDone={() => setCreate(undefined)} />
      </Modal>
    </Page>
  );
}

function InviteForm({ onDone }: { onDone: () => void }) {
  const t = useT();
  const roles = useQuery(rolesQuery);
  const form = useForm({
    mode: "uncontrolled",
    validateInputOnBlur: true,
    initialValues: { email: "", role_id: null as string | null, message: "" },
    validate: { email: check.email(t), role_id: (v) => (v || defaultRole ? null : t.forms.required) },
  });
  const problem = useFormProblem(form);
  const options = (roles.data?.items ?? []).map((role) => ({
    value: role.id,
    label: roleName(role.name, t),
  }));
  const defaultRole = (
    roles.data?.items.find((r) => r.is_default) ?? roles.data?.items.find((r) => r.name === "viewer")
  )?.id;
  const invite = useChange<{ email: string; role_id: string; message: string | undefined }, Invitation>({
    run: (body) => take(api.POST("/api/v1/invitations", { body })),
    stale: [keys.invitations, keys.home],
    done: (_, vars) => {
      notice(t.invitations.sent(vars.email));
      onDone();
    },
    refused: (refused) => {
      problem.show(refused);
      return true;
    },
  });
  return (
    <form
      noValidate
      onSubmit={form.onSubmit((values) => {
        problem.clear();
        invite.mutate({
          email: values.email.trim(),
          role_id: values.role_id ?? defaultRole ?? "",
          message: values.message.trim() || undefined,
        });
      }, focusFirst(form))}
    >
      <Stack>
        <FormSummary lines={problem.summary} />
        <TextInput
          label={t.auth.email}
          type="email"
          data-autofocus
          key={form.key("email")}
          {...form.getInputProps("email")}
        />
        <Select
          label={t.members.role}
          data={options}
          allowDeselect={false}
          key={`${form.key("role_id")}-${defaultRole}`}
          {...form.getInputProps("role_id")}
          {...(defaultRole ? { defaultValue: defaultRole } : {})}
        />
        <Textarea
          label={t.invitations.message}
          description={t.common.optional}
          autosize
          minRows={2}
          maxLength={1000}
          key={form.key("message")}
          {...form.getInputProps("message")}
        />
        <Button type="submit" loading={invite.isPending}>
          {t.invitations.send}
        </Button>
      </Stack>
    </form>
  );
}

function InvitationRow({ invitation }: { invitation: Invitation }) {
  const t = useT();
  const may = useMay();
  const client = useQueryClient();
  const path = { params: { path: { id: invitation.id } } };
  const resend = useChange<void>({
    run: () => take(api.POST("/api/v1/invitations/{id}/sendings", path)),
    stale: [keys.invitations],
    done: () => notice(t.invitations.sent(invitation.email)),
  });
  const revoke = useChange<void>({
    run: () => take(api.DELETE("/api/v1/invitations/{id}", path)),
    show: () =>
      patchCached(client, keys.invitations, invitation.id, (i: Invitation) => ({ ...i, status: "revoked" })),
    stale: [keys.invitations],
    done: () => notice(t.invitations.revoked(invitation.email)),
  });
  const [asked, ask] = useDisclosure(false);
  const open = invitation.status === "pending" || invitation.status === "expired";
  return (
    <Table.Tr>
      <Table.Td>
        <Text className={table.cell}>{invitation.email}</Text>
        {invitation.invited_by ? (
          <Text size="sm" c="dimmed" className={table.cell}>
            {t.invitations.by(invitation.invited_by.name)}
          </Text>
        ) : null}
      </Table.Td>
      <Table.Td>{roleName(invitation.role.name, t)}</Table.Td>
      <Table.Td>
        <Badge variant="default" className={table.badge}>
          {wordFor(t.invitations.statuses, invitation.status)}
        </Badge>
      </Table.Td>
      <Table.Td visibleFrom="sm">
        <When at={invitation.expires_at} />
      </Table.Td>
      <Table.Td className={table.act}>
        {open && may("invitations:write") ? (
          <Menu position="bottom-end">
            <Menu.Target>
              <ActionIcon aria-label={t.common.actionsFor(invitation.email)} loading={resend.isPending}>
                <IconDots size={18} />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item
                leftSection={<IconMailForward size={16} aria-hidden />}
                onClick={() => resend.mutate()}
              >
                {t.invitations.resend}
              </Menu.Item>
              {invitation.status === "pending" ? (
                <Menu.Item leftSection={<IconMailOff size={16} aria-hidden />} onClick={ask.open}>
                  {t.invitations.revoke}
                </Menu.Item>
              ) : null}
            </Menu.Dropdown>
          </Menu>
        ) : null}
        <ConfirmDialog
          opened={asked}
          onClose={ask.close}
          title={t.invitations.revokeTitle}
          text={t.invitations.revokeText(invitation.email)}
          button={t.invitations.revoke}
          onConfirm={revoke.mutate}
        />
      </Table.Td>
    </Table.Tr>
  );
}
