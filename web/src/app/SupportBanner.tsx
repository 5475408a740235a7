import { Button, Text } from "@mantine/core";
import { IconHeadset } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { api, take } from "@/api/client";
import type { Session } from "@/api/types";
import { useT } from "@/i18n";
import { refusal } from "@/shared/toast";
import classes from "./frame.module.css";
import { enter, useFormats } from "./session";

/** Says that support is in the workspace: to everybody in it, and to whoever is there for support. */
export function SupportBanner({ session }: { session: Session }) {
  const t = useT();
  const f = useFormats();
  const { lease, tenant, support } = session;
  return (
    <div role="status">
      {lease && tenant ? (
        <div className={classes.support}>
          <IconHeadset size={18} aria-hidden />
          <Text>
            {t.support.youAreHere(tenant.name, lease.granted_by, f.dateTime(lease.ends_at))}{" "}
            {lease.may_write ? null : `${t.support.readOnly} `}
            {lease.shows_personal ? t.support.shows : t.support.hides}.
          </Text>
          <Leave />
        </div>
      ) : (
        support.map((person) => (
          <div key={person.name} className={classes.support}>
            <IconHeadset size={18} aria-hidden />
            <Text>{t.support.here(person.name, f.dateTime(person.ends_at))}</Text>
          </div>
        ))
      )}
    </div>
  );
}

function Leave() {
  const t = useT();
  const client = useQueryClient();
  const navigate = useNavigate();
  const leave = useMutation({
    mutationFn: () => take(api.DELETE("/api/v1/session/lease")),
    onSuccess: async (next) => {
      enter(client, next);
      await navigate({ to: "/instance/tenants" });
    },
    onError: (error) => refusal(error, t),
  });
  return (
    <Button
      size="compact-md"
      variant="default"
      flex="none"
      loading={leave.isPending}
      onClick={() => leave.mutate()}
    >
      {t.support.leave}
    </Button>
  );
}
