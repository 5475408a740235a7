/** Everybody one deals with: searched, sorted, with columns of one's own choice. */
import {
  ActionIcon,
  Button,
  Checkbox,
  Group,
  Modal,
  Popover,
  Select,
  Stack,
  Table,
  Text,
  TextInput,
  Tooltip,
  UnstyledButton,
} from "@mantine/core";
import { useForm } from "@mantine/form";
import { useHotkeys, useLocalStorage } from "@mantine/hooks";
import { IconAddressBook, IconArrowDown, IconArrowUp, IconColumns3, IconUserPlus } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { type ReactNode, useMemo } from "react";
import { keys } from "@/api/cache";
import { api, take } from "@/api/client";
import type { Contact, NewContact } from "@/api/types";
import { CONTACT_SORTS, LIFECYCLES } from "@/app/router";
import { useFormats, useMay } from "@/app/session";
import { useT } from "@/i18n";
import { Person, When } from "@/shared/bits";
import { useChange } from "@/shared/change";
import { check, EMAIL, FormSummary, focusFirst, useFormProblem } from "@/shared/forms";
import { useListKeys } from "@/shared/keys";
import { LinkButton } from "@/shared/links";
import { Page } from "@/shared/Page";
import { ListWithPanel, Panel } from "@/shared/Panel";
import { MoreRows } from "@/shared/pages";
import { SearchField } from "@/shared/SearchField";
import { Answer, EmptyState, RowsSkeleton } from "@/shared/states";
import table from "@/shared/table.module.css";
import { ContactRecord } from "./ContactRecord";
import { COLUMNS, type Column, DEFAULT_COLUMNS, knownColumns, nextSort } from "./columns";
import { contactsQuery } from "./queries";

const route = getRouteApi("/app/contacts");

export function Contacts() {
  const t = useT();
  const may = useMay();
  const navigate = useNavigate({ from: "/contacts" });
  const { q, lifecycle, sort, open, create } = route.useSearch();
  const [stored, setColumns] = useLocalStorage<Column[]>({
    key: "atrium.contacts.columns",
    defaultValue: [...DEFAULT_COLUMNS],
    getInitialValueInEffect: false,
  });
  const columns = knownColumns(stored);
  const query = useInfiniteQuery(contactsQuery({ q, lifecycle, sort }));
  const ids = useMemo(() => (query.data ?? []).map((c) => c.id), [query.data]);
  const setOpen = (id: string | undefined) =>
    void navigate({ search: (s) => ({ ...s, open: id }), replace: open !== undefined && id !== undefined });
  const { current } = useListKeys(ids, { open: setOpen, close: () => open && setOpen(undefined) });
  const setCreate = (value: true | undefined) => void navigate({ search: (s) => ({ ...s, create: value }) });
  const writable = may("contacts:write");
  useHotkeys([["n", () => writable && setCreate(true)]]);
  const button = writable ? (
    <Button leftSection={<IconUserPlus size={16} aria-hidden />} onClick={() => setCreate(true)}>
      {t.contacts.create}
    </Button>
  ) : null;

  return (
    <Page title={t.nav.contacts} action={button}>
      <div className={table.toolbar}>
        <SearchField
          label={t.contacts.search}
          value={q}
          onSearch={(next) => void navigate({ search: (s) => ({ ...s, q: next }), replace: true })}
        />
        <Select
          aria-label={t.contacts.fields.lifecycle}
          placeholder={t.contacts.anyLifecycle}
          w={160}
          clearable
          clearButtonProps={{ "aria-label": t.common.clear }}
          data={LIFECYCLES.map((value) => ({ value, label: t.contacts.lifecycles[value] }))}
          value={lifecycle ?? null}
          onChange={(value) =>
            void navigate({ search: (s) => ({ ...s, lifecycle: (value as typeof lifecycle) ?? undefined }) })
          }
        />
        <ColumnChooser columns={columns} onChange={setColumns} />
      </div>
      <ListWithPanel
        panel={
          open ? (
            <Panel
              key={open}
              label={t.contacts.one}
              onClose={() => setOpen(undefined)}
              full={{ to: "/contacts/$id", params: { id: open } }}
            >
              <ContactRecord id={open} inPanel onDeleted={() => setOpen(undefined)} />
            </Panel>
          ) : null
        }
      >
        <Answer query={query} skeleton={<RowsSkeleton rows={10} />}>
          {(contacts) =>
            contacts.length === 0 ? (
              q || lifecycle ? (
                <EmptyState
                  icon={IconAddressBook}
                  title={t.contacts.noMatchTitle}
                  action={
                    <LinkButton variant="default" to="/contacts">
                      {t.common.clearFilters}
                    </LinkButton>
                  }
                >
                  {t.contacts.noMatchText}
                </EmptyState>
              ) : (
                <EmptyState icon={IconAddressBook} title={t.contacts.noneTitle} action={button}>
                  {writable ? t.contacts.noneText : t.roleLacks.contacts}
                </EmptyState>
              )
            ) : (
              <>
                {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard */}
                <section className={table.wrap} tabIndex={0} aria-label={t.nav.contacts}>
                  <Table className={table.table} highlightOnHover>
                    <Table.Thead>
                      <Table.Tr>
                        <SortHead
                          field="name"
                          label={t.contacts.fields.name}
                          sort={sort}
                          onSort={(next) => void navigate({ search: (s) => ({ ...s, sort: next }) })}
                        />
                        {columns.map((column) => (
                          <SortHead
                            key={column}
                            field={column}
                            label={t.contacts.fields[column]}
                            sort={sort}
                            onSort={(next) => void navigate({ search: (s) => ({ ...s, sort: next }) })}
                          />
                        ))}
                      </Table.Tr>
                    </Table.Thead>
                    <Table.Tbody>
                      {contacts.map((contact) => (
                        <Table.Tr
                          key={contact.id}
                          className={table.row}
                          data-open={open === contact.id || current === contact.id || undefined}
                          onClick={() => setOpen(contact.id)}
                        >
                          <Table.Td>
                            <Group gap="sm" wrap="nowrap">
                              <Person name={contact.name} />
                              <Link
                                to="/contacts/$id"
                                params={{ id: contact.id }}
                                data-row={contact.id}
                                className={`${table.cell} mantine-focus-auto`}
                                style={{ color: "inherit", textDecoration: "none", fontWeight: 500 }}
                                onClick={(event) => {
                                  event.stopPropagation();
                                  if (event.metaKey || event.ctrlKey || event.shiftKey) return;
                                  event.preventDefault();
                                  setOpen(contact.id);
                                }}
                              >
                                {contact.name}
                              </Link>
                            </Group>
                          </Table.Td>
                          {columns.map((column) => (
                            <Table.Td key={column} ta={column === "total_bookings" ? "right" : undefined}>
                              <span className={table.cell}>
                                <Cell contact={contact} column={column} />
                              </span>
                            </Table.Td>
                          ))}
                        </Table.Tr>
                      ))}
                    </Table.Tbody>
                  </Table>
                </section>
                <MoreRows query={query} />
                {query.hasNextPage ? null : (
                  <Text c="dimmed" size="sm" px="sm" pt="sm">
                    {t.contacts.count(contacts.length)}
                  </Text>
                )}
              </>
            )
          }
        </Answer>
      </ListWithPanel>
      <Modal
        opened={create === true && writable}
        onClose={() => setCreate(undefined)}
        title={t.contacts.create}
        closeButtonProps={{ "aria-label": t.common.close }}
      >
        <CreateForm
          onCreated={(id) => void navigate({ search: (s) => ({ ...s, create: undefined, open: id }) })}
        />
      </Modal>
    </Page>
  );
}

type Sort = (typeof CONTACT_SORTS)[number];

function SortHead({
  field,
  label,
  sort,
  onSort,
}: {
  field: string;
  label: string;
  sort: Sort | undefined;
  onSort: (sort: Sort | undefined) => void;
}) {
  const sortable = CONTACT_SORTS.some((s) => s === field);
  const direction = sort === field ? "ascending" : sort === `-${field}` ? "descending" : undefined;
  if (!sortable) {
    return (
      <Table.Th scope="col" ta={field === "total_bookings" ? "right" : undefined}>
        {label}
      </Table.Th>
    );
  }
  return (
    <Table.Th scope="col" aria-sort={direction ?? "none"}>
      <UnstyledButton className={table.sort} onClick={() => onSort(nextSort(sort, field, CONTACT_SORTS))}>
        {label}
        {direction === "ascending" ? <IconArrowUp size={14} aria-hidden /> : null}
        {direction === "descending" ? <IconArrowDown size={14} aria-hidden /> : null}
      </UnstyledButton>
    </Table.Th>
  );
}

function Cell({ contact, column }: { contact: Contact; column: Column }): ReactNode {
  const t = useT();
  const f = useFormats();
  switch (column) {
    case "company":
      return contact.company?.name ?? "";
    case "owner":
      return contact.owner?.name ?? "";
    case "lifecycle":
      return t.contacts.lifecycles[contact.lifecycle];
    case "total_bookings":
      return f.number(contact.total_bookings);
    case "last_booking_at":
    case "created_at": {
      const at = contact[column];
      return at ? <When at={at} dateOnly /> : "";
    }
    default:
      return contact[column] ?? "";
  }
}

function ColumnChooser({ columns, onChange }: { columns: Column[]; onChange: (columns: Column[]) => void }) {
  const t = useT();
  return (
    <Popover position="bottom-end" withArrow>
      <Popover.Target>
        <Tooltip label={t.contacts.columns}>
          <ActionIcon ml="auto" variant="default" size={36} aria-label={t.contacts.columns}>
            <IconColumns3 size={18} />
          </ActionIcon>
        </Tooltip>
      </Popover.Target>
      <Popover.Dropdown>
        <Checkbox.Group
          label={t.contacts.columns}
          value={columns}
          onChange={(chosen) => onChange(knownColumns(chosen))}
        >
          <Stack gap={6} mt="xs">
            {COLUMNS.map((column) => (
              <Checkbox key={column} value={column} label={t.contacts.fields[column]} />
            ))}
          </Stack>
        </Checkbox.Group>
      </Popover.Dropdown>
    </Popover>
  );
}

function CreateForm({ onCreated }: { onCreated: (id: string) => void }) {
  const t = useT();
  const form = useForm({
    mode: "uncontrolled",
    validateInputOnBlur: true,
    initialValues: {
      kind: "person" as Contact["kind"],
      name: "",
      email: "",
      phone: "",
      lifecycle: "lead" as Contact["lifecycle"],
    },
    validate: {
      name: check.required(t),
      email: (value) => (value.trim() === "" || EMAIL.test(value.trim()) ? null : t.forms.email),
    },
  });
  const problem = useFormProblem(form);
  const create = useChange<NewContact, Contact>({
    run: (body) => take(api.POST("/api/v1/contacts", { body })),
    stale: [keys.contacts, keys.home],
    done: (contact) => onCreated(contact.id),
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
        create.mutate({
          kind: values.kind,
          name: values.name.trim(),
          email: values.email.trim() || null,
          phone: values.phone.trim() || null,
          lifecycle: values.lifecycle,
        });
      }, focusFirst(form))}
    >
      <Stack>
        <FormSummary lines={problem.summary} />
        <TextInput
          label={t.contacts.fields.name}
          maxLength={200}
          data-autofocus
          key={form.key("name")}
          {...form.getInputProps("name")}
        />
        <TextInput
          label={t.contacts.fields.email}
          type="email"
          maxLength={254}
          key={form.key("email")}
          {...form.getInputProps("email")}
        />
        <TextInput
          label={t.contacts.fields.phone}
          type="tel"
          maxLength={40}
          key={form.key("phone")}
          {...form.getInputProps("phone")}
        />
        <Group grow>
          <Select
            label={t.contacts.fields.kind}
            allowDeselect={false}
            data={(["person", "company"] as const).map((value) => ({
              value,
              label: t.contacts.kinds[value],
            }))}
            key={form.key("kind")}
            {...form.getInputProps("kind")}
          />
          <Select
            label={t.contacts.fields.lifecycle}
            allowDeselect={false}
            data={LIFECYCLES.map((value) => ({ value, label: t.contacts.lifecycles[value] }))}
            key={form.key("lifecycle")}
            {...form.getInputProps("lifecycle")}
          />
        </Group>
        <Button type="submit" loading={create.isPending}>
          {t.common.create}
        </Button>
      </Stack>
    </form>
  );
}
