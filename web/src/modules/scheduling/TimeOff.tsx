/** What keeps one from being booked beside the hours: blocked times, once or time and again, and absences. */
import { ActionIcon, Badge, Button, Group, Modal, Text } from "@mantine/core";
import { IconPencil, IconTrash } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { keys } from "@/api/cache";
import { api, ifMatch, take } from "@/api/client";
import type { BlockedTime, BlockedTimeInput, Organizer } from "@/api/types";
import { useFormats } from "@/app/session";
import { useT } from "@/i18n";
import security from "@/modules/identity/security.module.css";
import { useChange } from "@/shared/change";
import { Section } from "@/shared/Page";
import { Answer } from "@/shared/states";
import { formatsFor } from "@/shared/time";
import { undoNotice } from "@/shared/toast";
import { OverlappingBookings } from "./OverlappingBookings";
import { blockedTimesQuery } from "./queries";
import { TimeOffForm } from "./TimeOffForm";

type Shown = { step: "form"; blocked: BlockedTime | null } | { step: "saved"; blocked: BlockedTime };

export function TimeOff({ organizer, readOnly }: { organizer: Organizer; readOnly: boolean }) {
  const t = useT();
  const query = useQuery(blockedTimesQuery(organizer.user_id));
  const [shown, setShown] = useState<Shown | null>(null);
  const close = () => setShown(null);
  const again = useChange<BlockedTimeInput, BlockedTime>({
    run: (body) => take(api.POST("/api/v1/blocked-times", { body })),
    stale: [keys.blockedTimes, keys.slots],
  });
  const remove = useChange<BlockedTime>({
    run: (blocked) =>
      take(
        api.DELETE("/api/v1/blocked-times/{id}", {
          params: { path: { id: blocked.id }, header: ifMatch(blocked) },
        }),
      ),
    stale: [keys.blockedTimes, keys.slots],
    done: (_, blocked) => {
      const { kind, start, end, timezone, repeats, until, label, stand_in_id } = blocked;
      undoNotice(t.timeOff.deleted, t, () =>
        again.mutate({ kind, start, end, timezone, repeats, until, label, stand_in_id }),
      );
    },
  });
  return (
    <Section
      title={t.timeOff.title}
      description={t.timeOff.text}
      flush
      action={
        readOnly ? null : (
          <Button
            variant="default"
            size="compact-md"
            onClick={() => setShown({ step: "form", blocked: null })}
          >
            {t.timeOff.add}
          </Button>
        )
      }
    >
      <div className={security.list}>
        <Answer query={query}>
          {({ items }) =>
            items.length === 0 ? (
              <Text c="dimmed" className={security.session}>
                {t.timeOff.none}
              </Text>
            ) : (
              items.map((blocked) => (
                <Row
                  key={blocked.id}
                  blocked={blocked}
                  readOnly={readOnly}
                  onEdit={() => setShown({ step: "form", blocked })}
                  onRemove={() => remove.mutate(blocked)}
                />
              ))
            )
          }
        </Answer>
      </div>
      <Modal
        opened={shown !== null}
        onClose={close}
        title={
          shown?.step === "saved" ? t.timeOff.overlapping : shown?.blocked ? t.timeOff.change : t.timeOff.add
        }
        closeButtonProps={{ "aria-label": t.common.close }}
      >
        {shown?.step === "form" ? (
          <TimeOffForm
            blocked={shown.blocked}
            organizer={organizer}
            onSaved={(blocked) => (blocked.kind === "away" ? setShown({ step: "saved", blocked }) : close())}
          />
        ) : null}
        {shown?.step === "saved" ? <OverlappingBookings blocked={shown.blocked} onDone={close} /> : null}
      </Modal>
    </Section>
  );
}

function Row({
  blocked,
  readOnly,
  onEdit,
  onRemove,
}: {
  blocked: BlockedTime;
  readOnly: boolean;
  onEdit: () => void;
  onRemove: () => void;
}) {
  const t = useT();
  const { locale } = useFormats();
  const when = whenOf(blocked, locale);
  const more = [
    blocked.repeats === "never" ? "" : t.timeOff.repeats[blocked.repeats],
    blocked.until ? t.timeOff.untilDay(formatsFor(locale, "UTC").day(blocked.until)) : "",
    blocked.label,
    blocked.stand_in_name ? t.timeOff.standsIn(blocked.stand_in_name) : "",
  ];
  return (
    <Group justify="space-between" align="flex-start" wrap="nowrap" className={security.session}>
      <div>
        <Text>{when}</Text>
        <Text size="sm" c="dimmed">
          {more.filter(Boolean).join(" · ")}
        </Text>
      </div>
      <Group gap={4} wrap="nowrap">
        <Badge variant="default">{t.timeOff.kinds[blocked.kind]}</Badge>
        {readOnly ? null : (
          <>
            <ActionIcon aria-label={`${t.timeOff.change}: ${when}`} onClick={onEdit}>
              <IconPencil size={18} />
            </ActionIcon>
            <ActionIcon aria-label={`${t.timeOff.remove}: ${when}`} onClick={onRemove}>
              <IconTrash size={18} />
            </ActionIcon>
          </>
        )}
      </Group>
    </Group>
  );
}

/** When it is, or is first, on the clocks of its own zone; an absence by its days. */
function whenOf(blocked: BlockedTime, locale: string): string {
  const f = formatsFor(locale, blocked.timezone);
  if (blocked.kind === "block") return f.span(blocked.start, blocked.end);
  const [first, last] = [
    f.date(blocked.start),
    f.date(new Date(Date.parse(blocked.end) - 1000).toISOString()),
  ];
  return first === last ? first : `${first} – ${last}`;
}
