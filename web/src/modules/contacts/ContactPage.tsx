import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useT } from "@/i18n";
import { Page, Section } from "@/shared/Page";
import { ContactRecord, LifecycleBadge } from "./ContactRecord";
import { contactQuery } from "./queries";

const route = getRouteApi("/app/contacts/$id");

/** A contact at its own address. */
export function ContactPage() {
  const t = useT();
  const navigate = useNavigate();
  const { id } = route.useParams();
  const { data: contact } = useQuery(contactQuery(id));
  return (
    <Page
      title={contact?.name ?? t.contacts.one}
      badge={contact ? <LifecycleBadge contact={contact} /> : null}
      back="/contacts"
    >
      <Section>
        <ContactRecord id={id} onDeleted={() => void navigate({ to: "/contacts" })} />
      </Section>
    </Page>
  );
}
