import { CloseButton, TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import { useT } from "@/i18n";

/** A search box whose text goes to the address shortly after typing stops. */
export function SearchField({
  value,
  onSearch,
  label,
}: {
  value: string | undefined;
  onSearch: (q: string | undefined) => void;
  label: string;
}) {
  const t = useT();
  const [text, setText] = useState(value ?? "");
  const sent = useRef(value ?? "");
  const search = useRef(onSearch);
  search.current = onSearch;

  // The address changed otherwise, such as by going back.
  useEffect(() => {
    if ((value ?? "") !== sent.current) {
      sent.current = value ?? "";
      setText(value ?? "");
    }
  }, [value]);
  useEffect(() => {
    const trimmed = text.trim();
    if (trimmed === sent.current) return;
    const timer = setTimeout(() => {
      sent.current = trimmed;
      search.current(trimmed || undefined);
    }, 250);
    return () => clearTimeout(timer);
  }, [text]);

  return (
    <TextInput
      type="search"
      aria-label={label}
      placeholder={label}
      maxLength={200}
      w={{ base: "100%", xs: 260 }}
      leftSection={<IconSearch size={16} aria-hidden />}
      rightSection={
        text ? <CloseButton size="sm" aria-label={t.common.clear} onClick={() => setText("")} /> : null
      }
      value={text}
      onChange={(e) => setText(e.currentTarget.value)}
    />
  );
}
