import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useT } from "@/i18n";
import { Page, Section } from "@/shared/Page";
import { MemberRecord } from "./MemberRecord";
import { memberQuery } from "./queries";

const route = getRouteApi("/app/members/$id");

/** A member at an address of its own. */
export function MemberPage() {
  const t = useT();
  const { id } = route.useParams();
  const { data: member } = useQuery(memberQuery(id));
  return (
    <Page title={member?.name ?? t.members.one} back="/members" narrow>
      <Section>
        <MemberRecord id={id} />
      </Section>
    </Page>
  );
}
