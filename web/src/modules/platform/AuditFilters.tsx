/** What narrows the trail; it stands in the address. */
import { Select, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useT } from "@/i18n";
import { actorsQuery } from "@/modules/identity/queries";
import { LinkButton } from "@/shared/links";
import { PeriodField } from "@/shared/PeriodField";
import { SearchField } from "@/shared/SearchField";
import table from "@/shared/table.module.css";

export interface AuditFilter {
  entity_type?: string;
  entity_id?: string;
  actor_id?: string;
  action?: string;
  address?: string;
  q?: string;
  from?: string;
  to?: string;
}

export function AuditFilters({
  filter,
  onChange,
}: {
  filter: AuditFilter;
  onChange: (change: Partial<AuditFilter>) => void;
}) {
  const t = useT();
  const members = useQuery(actorsQuery);
  const people = (members.data?.items ?? []).map((one) => ({ value: one.user_id, label: one.name }));
  const known = people.some((one) => one.value === filter.actor_id);
  const words = (all: Record<string, string>) =>
    Object.entries(all)
      .map(([value, label]) => ({ value, label }))
      .sort((a, b) => a.label.localeCompare(b.label));
  const choose = (key: "entity_type" | "action" | "actor_id") => (value: string | null) =>
    onChange({ [key]: value ?? undefined });
  const clear = { "aria-label": t.common.clear };
  return (
    <div className={table.toolbar}>
      <SearchField value={filter.q} onSearch={(q) => onChange({ q })} label={t.audit.search} />
      <Select
        aria-label={t.audit.who}
        placeholder={t.audit.anybody}
        clearable
        clearButtonProps={clear}
        searchable
        w={180}
        data={
          filter.actor_id && !known ? [...people, { value: filter.actor_id, label: filter.actor_id }] : people
        }
        value={filter.actor_id ?? null}
        onChange={choose("actor_id")}
      />
      <Select
        aria-label={t.audit.what}
        placeholder={t.audit.anything}
        clearable
        clearButtonProps={clear}
        searchable
        w={200}
        data={words(t.audit.actions)}
        value={filter.action ?? null}
        onChange={choose("action")}
      />
      <Select
        aria-label={t.audit.record}
        placeholder={t.audit.anyRecord}
        clearable
        clearButtonProps={clear}
        searchable
        w={180}
        data={words(t.audit.entities)}
        value={filter.entity_type ?? null}
        onChange={choose("entity_type")}
      />
      <PeriodField
        value={[filter.from ?? null, filter.to ?? null]}
        onChange={([from, to]) => onChange({ from: from ?? undefined, to: to ?? undefined })}
      />
      <AddressField value={filter.address} onChange={(address) => onChange({ address })} />
      {Object.values(filter).some(Boolean) ? (
        <LinkButton variant="default" to="/audit">
          {t.common.clearFilters}
        </LinkButton>
      ) : null}
    </div>
  );
}

/** Sent when it is left or Enter is pressed: half an address is none. */
function AddressField({
  value,
  onChange,
}: {
  value: string | undefined;
  onChange: (address: string | undefined) => void;
}) {
  const t = useT();
  const [text, setText] = useState(value ?? "");
  useEffect(() => setText(value ?? ""), [value]);
  const send = () => onChange(text.trim() || undefined);
  return (
    <TextInput
      aria-label={t.audit.address}
      placeholder={t.audit.anyAddress}
      maxLength={50}
      w={180}
      value={text}
      onChange={(e) => setText(e.currentTarget.value)}
      onBlur={send}
      onKeyDown={(e) => {
        if (e.key === "Enter") send();
      }}
    />
  );
}
