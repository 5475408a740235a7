/** Why an app's request led nowhere: told here, since nothing is sent to an address that nobody registered. */
import { getRouteApi } from "@tanstack/react-router";
import { useT } from "@/i18n";
import { LinkAnchor } from "@/shared/links";
import { AuthShell } from "../AuthShell";

const route = getRouteApi("/oauth/refused");

export function Refused() {
  const t = useT();
  const { reason = "request" } = route.useSearch();
  return (
    <AuthShell
      title={t.oauth.refusedTitle}
      text={t.oauth.refused[reason]}
      foot={<LinkAnchor to="/">{t.oauth.home}</LinkAnchor>}
    />
  );
}
