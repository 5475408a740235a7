/** One mail: as its reader sees it, its links, its plain text and its source. */
import { Alert, Anchor, Badge, Code, List, Stack, Tabs, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { keys } from "@/api/cache";
import { api, take } from "@/api/client";
import type { MailDetail } from "@/api/types";
import { useFormats, useSession } from "@/app/session";
import { useT } from "@/i18n";
import { When } from "@/shared/bits";
import { wordFor } from "@/shared/eventText";
import { Fact } from "@/shared/InlineField";
import { pageNonce } from "@/shared/nonce";
import { Page, Section } from "@/shared/Page";
import { Answer } from "@/shared/states";
import { framedMail } from "./framedMail";
import { linksIn } from "./linksIn";
import { MailboxLocked, useMailboxLocked } from "./MailboxLocked";
import classes from "./platform.module.css";

const route = getRouteApi("/app/mailbox/$id");

export function MailPage() {
  const t = useT();
  const { id } = route.useParams();
  const session = useSession();
  const query = useQuery({
    queryKey: [keys.mails, "one", id],
    queryFn: () => take(api.GET("/api/v1/mails/{id}", { params: { path: { id } } })),
    enabled: session.user.is_platform_admin,
  });
  const locked = useMailboxLocked(query.error);
  return (
    <Page
      title={query.data?.subject ?? t.mailbox.one}
      back="/mailbox"
      narrow
      badge={
        query.data ? <Badge variant="default">{wordFor(t.mailbox.statuses, query.data.status)}</Badge> : null
      }
    >
      {locked ? (
        <MailboxLocked retry={() => void query.refetch()} />
      ) : (
        <Answer query={query}>{(mail) => <Mail mail={mail} />}</Answer>
      )}
    </Page>
  );
}

function Mail({ mail }: { mail: MailDetail }) {
  const t = useT();
  const f = useFormats();
  const links = linksIn(mail.html, mail.text ?? "");
  const size = new Intl.NumberFormat(f.locale, { style: "unit", unit: "kilobyte", maximumFractionDigits: 1 });
  return (
    <>
      <Section>
        <Stack gap={2}>
          <Fact label={t.mailbox.to}>{mail.to}</Fact>
          <Fact label={t.mailbox.from}>{mail.from}</Fact>
          <Fact label={t.mailbox.date}>
            <When at={mail.sent_at ?? mail.created_at} />
          </Fact>
          {mail.attachments.length > 0 ? (
            <Fact label={t.mailbox.attachments}>
              {mail.attachments.map((a) => (
                <div key={a.filename}>
                  {a.filename}{" "}
                  <Text span c="dimmed" size="sm">
                    {a.content_type} · {size.format(a.size / 1000)}
                  </Text>
                </div>
              ))}
            </Fact>
          ) : null}
        </Stack>
        {mail.last_error ? (
          <Alert color="red" variant="outline" mt="md" title={t.mailbox.lastError}>
            {mail.last_error}
          </Alert>
        ) : null}
      </Section>
      {links.length > 0 ? (
        <Section title={t.mailbox.links}>
          <List spacing={4} listStyleType="none">
            {links.map((link) => (
              <List.Item key={link}>
                <Anchor href={link} className={classes.pre}>
                  {link}
                </Anchor>
              </List.Item>
            ))}
          </List>
        </Section>
      ) : null}
      <Section flush>
        <Tabs defaultValue={mail.html ? "html" : "text"} keepMounted={false}>
          <Tabs.List px="xs">
            {mail.html ? <Tabs.Tab value="html">{t.mailbox.html}</Tabs.Tab> : null}
            <Tabs.Tab value="text">{t.mailbox.plain}</Tabs.Tab>
            {mail.raw ? <Tabs.Tab value="raw">{t.mailbox.source}</Tabs.Tab> : null}
          </Tabs.List>
          {mail.html ? (
            <Tabs.Panel value="html">
              {/* Without any permission: no script, no form, no way out of the frame. */}
              <iframe
                className={classes.mail}
                sandbox=""
                srcDoc={framedMail(mail.html, pageNonce())}
                title={mail.subject}
              />
            </Tabs.Panel>
          ) : null}
          <Tabs.Panel value="text" p="md">
            <Text className={classes.pre} ff="monospace">
              {mail.text}
            </Text>
          </Tabs.Panel>
          {mail.raw ? (
            <Tabs.Panel value="raw" p="md">
              <Code block className={classes.pre}>
                {mail.raw}
              </Code>
            </Tabs.Panel>
          ) : null}
        </Tabs>
      </Section>
    </>
  );
}
