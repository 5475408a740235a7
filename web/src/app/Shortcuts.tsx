/** Keys that work everywhere, and the overlay that lists all of them. */
import { Group, Kbd, Modal, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { useDisclosure, useHotkeys, useWindowEvent } from "@mantine/hooks";
import { useNavigate } from "@tanstack/react-router";
import { useRef } from "react";
import { useT } from "@/i18n";
import type { Module } from "./navigation";

const ASK = "atrium:shortcuts";

export function showShortcuts(): void {
  window.dispatchEvent(new Event(ASK));
}

const TYPING = "input,textarea,select,[contenteditable=true]";

export function Shortcuts({ modules, openPalette }: { modules: Module[]; openPalette: () => void }) {
  const t = useT();
  const navigate = useNavigate();
  const [open, { open: show, close }] = useDisclosure(false);
  const goUntil = useRef(0);
  useWindowEvent(ASK, show);
  useHotkeys([["mod+K", openPalette]], []);
  useWindowEvent("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target instanceof HTMLElement && event.target.closest(TYPING)) return;
    if (event.key === "?") {
      event.preventDefault();
      return show();
    }
    if (event.key === "/") {
      event.preventDefault();
      return openPalette();
    }
    if (event.key === "g") {
      goUntil.current = event.timeStamp + 1200;
      return;
    }
    if (event.timeStamp < goUntil.current) {
      goUntil.current = 0;
      const module = modules.find((m) => m.shortcut === event.key);
      if (module) void navigate({ to: module.to });
    }
  });

  const everywhere: [string[], string][] = [
    [["Ctrl", "K"], t.palette.open],
    [["?"], t.shortcuts.title],
    ...modules
      .filter((m) => m.shortcut)
      .map((m): [string[], string] => [["g", m.shortcut ?? ""], t.shortcuts.goTo(t.nav[m.key])]),
  ];
  const lists: [string[], string][] = [
    [["j"], t.shortcuts.next],
    [["k"], t.shortcuts.previous],
    [["Enter"], t.shortcuts.open],
    [["x"], t.shortcuts.select],
    [["n"], t.shortcuts.create],
    [["Esc"], t.shortcuts.close],
  ];
  return (
    <Modal
      opened={open}
      onClose={close}
      title={t.shortcuts.title}
      size="lg"
      closeButtonProps={{ "aria-label": t.common.close }}
    >
      <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="xl">
        {[
          { title: t.shortcuts.everywhere, rows: everywhere },
          { title: t.shortcuts.lists, rows: lists },
        ].map((part) => (
          <Stack key={part.title} gap="xs">
            <Title order={3}>{part.title}</Title>
            {part.rows.map(([keys, text]) => (
              <Group key={text} justify="space-between" wrap="nowrap">
                <Text>{text}</Text>
                <Group gap={4} wrap="nowrap">
                  {keys.map((key) => (
                    <Kbd key={key}>{key}</Kbd>
                  ))}
                </Group>
              </Group>
            ))}
          </Stack>
        ))}
      </SimpleGrid>
    </Modal>
  );
}
