/** A fact of a record, edited in place: click or Enter to edit, Enter or leaving saves, Escape puts it back. */
import { Select, Text, Textarea, TextInput, UnstyledButton } from "@mantine/core";
import { type KeyboardEvent, type ReactNode, useId, useRef, useState } from "react";
import { useT } from "@/i18n";
import classes from "./inline.module.css";

interface InlineFieldProps {
  label: string;
  value: string | null | undefined;
  /** What is shown when not editing, where it differs from the raw value. */
  display?: ReactNode;
  onSave: (value: string | null) => void;
  options?: { value: string; label: string }[];
  multiline?: boolean;
  type?: "text" | "email" | "tel";
  required?: boolean;
  readOnly?: boolean;
  maxLength?: number;
}

export function InlineField(props: InlineFieldProps) {
  const { label, value, display, onSave, options, multiline, type, required, readOnly, maxLength } = props;
  const t = useT();
  const id = useId();
  const [draft, setDraft] = useState<string | null>(null);
  const trigger = useRef<HTMLButtonElement>(null);

  const close = (focus: boolean) => {
    setDraft(null);
    if (focus) requestAnimationFrame(() => trigger.current?.focus());
  };
  const save = (text: string, focus: boolean) => {
    const next = text.trim() === "" ? null : text.trim();
    if (required && next === null) return close(focus);
    if (next !== (value ?? null)) onSave(next);
    close(focus);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape") {
      event.stopPropagation();
      close(true);
    }
    if (event.key === "Enter" && (!multiline || event.metaKey || event.ctrlKey) && draft !== null) {
      event.preventDefault();
      event.stopPropagation();
      save(draft, true);
    }
  };

  if (draft === null || readOnly) {
    const shown = display ?? value;
    const content = shown ? (
      <Text component="span" className={multiline ? classes.long : classes.value}>
        {shown}
      </Text>
    ) : (
      <Text component="span" c="dimmed">
        {readOnly ? "–" : t.common.addValue}
      </Text>
    );
    return (
      <div className={classes.fact}>
        <Text component="span" id={id} className={classes.label}>
          {label}
        </Text>
        {readOnly ? (
          <span className={classes.plain}>{content}</span>
        ) : (
          <UnstyledButton
            ref={trigger}
            className={classes.trigger}
            aria-labelledby={`${id}-edit ${id} ${id}-value`}
            onClick={() => setDraft(value ?? "")}
          >
            <span id={`${id}-edit`} className="visually-hidden">
              {t.common.edit}{" "}
            </span>
            <span id={`${id}-value`}>{content}</span>
          </UnstyledButton>
        )}
      </div>
    );
  }

  return (
    <div className={classes.fact}>
      <Text component="label" htmlFor={`${id}-input`} className={classes.label}>
        {label}
      </Text>
      {options ? (
        <Select
          id={`${id}-input`}
          size="xs"
          data={options}
          value={draft || null}
          searchable={options.length > 8}
          clearable={!required}
          defaultDropdownOpened
          autoFocus
          allowDeselect={false}
          comboboxProps={{ withinPortal: true }}
          onChange={(next) => save(next ?? "", true)}
          onBlur={() => close(false)}
          onKeyDown={onKeyDown}
        />
      ) : multiline ? (
        <Textarea
          id={`${id}-input`}
          size="sm"
          autosize
          minRows={3}
          maxRows={14}
          autoFocus
          maxLength={maxLength}
          value={draft}
          onChange={(e) => setDraft(e.currentTarget.value)}
          onBlur={() => save(draft, false)}
          onKeyDown={onKeyDown}
        />
      ) : (
        <TextInput
          id={`${id}-input`}
          size="xs"
          type={type ?? "text"}
          autoFocus
          maxLength={maxLength}
          value={draft}
          onChange={(e) => setDraft(e.currentTarget.value)}
          onBlur={() => save(draft, false)}
          onKeyDown={onKeyDown}
        />
      )}
    </div>
  );
}

/** A fact that is only read. */
export function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className={classes.fact}>
      <Text component="span" className={classes.label}>
        {label}
      </Text>
      <Text component="div" className={classes.plain}>
        {children}
      </Text>
    </div>
  );
}
