/** Small parts used on many screens. */
import { ActionIcon, Avatar, Button, Select, type SelectProps, Tooltip } from "@mantine/core";
import { useClipboard } from "@mantine/hooks";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useMemo } from "react";
import { useFormats } from "@/app/session";
import { useT } from "@/i18n";
import { zoneNames, zoneOffsetName } from "./time";

export function CopyIcon({ value, label }: { value: string; label: string }) {
  const t = useT();
  const clipboard = useClipboard({ timeout: 1500 });
  return (
    <Tooltip label={clipboard.copied ? t.common.copied : label}>
      <ActionIcon aria-label={label} onClick={() => clipboard.copy(value)}>
        {clipboard.copied ? <IconCheck size={18} /> : <IconCopy size={18} />}
      </ActionIcon>
    </Tooltip>
  );
}

export function CopyButton({ value, label }: { value: string; label: string }) {
  const t = useT();
  const clipboard = useClipboard({ timeout: 1500 });
  return (
    <Button
      variant="default"
      leftSection={clipboard.copied ? <IconCheck size={16} /> : <IconCopy size={16} />}
      onClick={() => clipboard.copy(value)}
    >
      <span aria-live="polite">{clipboard.copied ? t.common.copied : label}</span>
    </Button>
  );
}

/** An instant in the reader's zone, with how long ago, and another zone on hover. */
export function When({ at, otherZone, dateOnly }: { at: string; otherZone?: string; dateOnly?: boolean }) {
  const f = useFormats();
  const other = otherZone && otherZone !== f.zone ? otherZone : "UTC";
  const hover = `${f.relative(at)} · ${new Intl.DateTimeFormat(f.locale, {
    timeZone: other,
    dateStyle: "medium",
    timeStyle: "short",
  }).format(new Date(at))} (${other})`;
  return (
    <Tooltip label={hover}>
      <time dateTime={at}>{dateOnly ? f.date(at) : f.dateTime(at)}</time>
    </Tooltip>
  );
}

export function Person({ name, size = 28 }: { name: string; size?: number }) {
  return <Avatar name={name} size={size} color="gray" variant="light" alt="" aria-hidden />;
}

export function ZoneSelect(props: Omit<SelectProps, "data">) {
  const t = useT();
  const data = useMemo(() => {
    const now = new Date();
    const names = zoneNames();
    const value = props.value ?? props.defaultValue;
    const all = value && !names.includes(value) ? [value, ...names] : names;
    return all.map((zone) => ({
      value: zone,
      label: `${zone.replaceAll("_", " ")} (${zoneOffsetName(zone, now)})`,
    }));
  }, [props.value, props.defaultValue]);
  return (
    <Select
      searchable
      allowDeselect={false}
      nothingFoundMessage={t.common.nothingFound}
      maxDropdownHeight={280}
      limit={80}
      {...props}
      data={data}
    />
  );
}
