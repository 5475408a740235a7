/** One's second factors: an authenticator app, passkeys and recovery codes, and how each is set up and taken away. */
import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import {
  IconAlertTriangle,
  IconDeviceMobile,
  IconFingerprint,
  IconLifebuoy,
  IconShieldLock,
} from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { keys } from "@/api/cache";
import { api, take } from "@/api/client";
import type { SecondFactors as Factors, TotpEnrolment } from "@/api/types";
import { useT } from "@/i18n";
import { When } from "@/shared/bits";
import { useChange } from "@/shared/change";
import { Section } from "@/shared/Page";
import { hasPasskeys } from "@/shared/passkeys";
import { Answer, EmptyState } from "@/shared/states";
import { notice } from "@/shared/toast";
import classes from "./factors.module.css";
import { LastOne } from "./LastOne";
import { AddPasskey, PasskeyRow } from "./Passkeys";
import { secondFactorsQuery } from "./queries";
import { KeepCodes } from "./RecoveryCodes";
import { SetUpApp } from "./SetUpApp";
import security from "./security.module.css";

/** Below it one is told to make new codes. */
const FEW_CODES = 2;

/** A change of factors ends the other sessions. */
const STALE = [keys.secondFactors, keys.sessions];

export function SecondFactors() {
  const t = useT();
  const query = useQuery(secondFactorsQuery);
  const [adding, { open: add, close: closeAdding }] = useDisclosure(false);
  const [enrolment, setEnrolment] = useState<TotpEnrolment | null>(null);
  const [codes, setCodes] = useState<string[] | null>(null);
  const begin = useChange<void, TotpEnrolment>({
    run: () => take(api.POST("/api/v1/me/totp")),
    stale: [],
    done: setEnrolment,
  });
  const setUp = (variant: "filled" | "default") => (
    <Button flex="none" variant={variant} loading={begin.isPending} onClick={() => begin.mutate()}>
      {variant === "filled" ? t.factors.setUpApp : t.factors.setUp}
    </Button>
  );
  return (
    <Section title={t.factors.title} description={t.factors.text} flush>
      <div className={security.list}>
        <Answer query={query}>
          {(factors) =>
            factors.totp === null && factors.passkeys.length === 0 ? (
              <EmptyState
                icon={IconShieldLock}
                title={t.factors.noneTitle}
                action={
                  hasPasskeys() ? (
                    <>
                      <Button onClick={add}>{t.factors.addPasskey}</Button>
                      <Button variant="default" loading={begin.isPending} onClick={() => begin.mutate()}>
                        {t.factors.setUpApp}
                      </Button>
                    </>
                  ) : (
                    setUp("filled")
                  )
                }
              >
                {t.factors.noneText}
              </EmptyState>
            ) : (
              <>
                <Passkeys factors={factors} onAdd={add} />
                <App factors={factors} setUp={setUp("default")} />
                <Codes factors={factors} onCodes={setCodes} />
              </>
            )
          }
        </Answer>
      </div>
      <AddPasskey
        opened={adding}
        taken={query.data?.passkeys.map((passkey) => passkey.name) ?? []}
        onClose={closeAdding}
        onCodes={setCodes}
      />
      <SetUpApp enrolment={enrolment} onClose={() => setEnrolment(null)} onCodes={setCodes} />
      <KeepCodes codes={codes} onClose={() => setCodes(null)} />
    </Section>
  );
}

/** One kind of factor: what it is, what there is of it, and what can be done. */
function Kind({
  icon: Icon,
  title,
  text,
  action,
  children,
}: {
  icon: typeof IconFingerprint;
  title: string;
  text: ReactNode;
  action?: ReactNode;
  children?: ReactNode;
}) {
  return (
    <div className={security.session}>
      <Group justify="space-between" align="flex-start" wrap="nowrap">
        <Group gap="sm" align="flex-start" wrap="nowrap" className={security.what}>
          <Icon size={20} stroke={1.6} aria-hidden className={classes.icon} />
          <div className={security.what}>
            <Text fw={500} component="h3" m={0}>
              {title}
            </Text>
            <Text size="sm" c="dimmed" component="div">
              {text}
            </Text>
          </div>
        </Group>
        {action}
      </Group>
      {children}
    </div>
  );
}

function Passkeys({ factors, onAdd }: { factors: Factors; onAdd: () => void }) {
  const t = useT();
  return (
    <Kind
      icon={IconFingerprint}
      title={t.factors.passkeys}
      text={t.factors.passkeysText}
      action={
        hasPasskeys() ? (
          <Button flex="none" variant="default" onClick={onAdd}>
            {t.factors.addPasskey}
          </Button>
        ) : null
      }
    >
      {factors.passkeys.length > 0 ? (
        <ul className={classes.passkeys}>
          {factors.passkeys.map((passkey) => (
            <PasskeyRow
              key={passkey.id}
              passkey={passkey}
              isLast={factors.totp === null && factors.passkeys.length === 1}
            />
          ))}
        </ul>
      ) : null}
    </Kind>
  );
}

function App({ factors, setUp }: { factors: Factors; setUp: ReactNode }) {
  const t = useT();
  const [opened, { open, close }] = useDisclosure(false);
  const remove = useChange<void>({
    run: () => take(api.DELETE("/api/v1/me/totp")),
    stale: STALE,
    done: () => {
      close();
      notice(t.factors.appRemoved);
    },
  });
  const { totp } = factors;
  return (
    <Kind
      icon={IconDeviceMobile}
      title={t.factors.app}
      text={
        totp ? (
          <>
            {t.factors.since} <When at={totp.created_at} dateOnly />
            {" · "}
            {totp.last_used_at ? (
              <>
                {t.factors.lastUsed} <When at={totp.last_used_at} />
              </>
            ) : (
              t.factors.unused
            )}
          </>
        ) : (
          t.factors.appText
        )
      }
      action={
        totp ? (
          <Button flex="none" variant="default" onClick={open} aria-label={t.factors.removeApp}>
            {t.factors.remove}
          </Button>
        ) : (
          setUp
        )
      }
    >
      <Modal
        opened={opened}
        onClose={close}
        title={t.factors.removeApp}
        closeButtonProps={{ "aria-label": t.common.close }}
      >
        <Stack>
          <Text>{t.factors.removeAppText}</Text>
          {factors.passkeys.length === 0 ? <LastOne /> : null}
          <Group justify="flex-end">
            <Button color="red" loading={remove.isPending} onClick={() => remove.mutate()} data-autofocus>
              {t.factors.remove}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </Kind>
  );
}

function Codes({ factors, onCodes }: { factors: Factors; onCodes: (codes: string[]) => void }) {
  const t = useT();
  const [opened, { open, close }] = useDisclosure(false);
  const renew = useChange<void, { recovery_codes: string[] }>({
    run: () => take(api.POST("/api/v1/me/recovery-codes")),
    stale: STALE,
    done: ({ recovery_codes }) => {
      close();
      onCodes(recovery_codes);
    },
  });
  const left = factors.recovery_codes?.left ?? 0;
  return (
    <Kind
      icon={IconLifebuoy}
      title={t.factors.codes}
      text={
        <>
          {t.factors.codesText}
          <Group gap={6} wrap="nowrap" align="flex-start" mt={2} className={classes.left}>
            {left <= FEW_CODES ? <IconAlertTriangle size={16} aria-hidden /> : null}
            <span>
              {t.factors.left(left)}
              {left <= FEW_CODES ? `. ${t.factors.fewLeft}` : null}
            </span>
          </Group>
        </>
      }
      action={
        <Button flex="none" variant="default" onClick={open}>
          {t.factors.renew}
        </Button>
      }
    >
      <Modal
        opened={opened}
        onClose={close}
        title={t.factors.renewTitle}
        closeButtonProps={{ "aria-label": t.common.close }}
      >
        <Stack>
          <Text>{t.factors.renewText}</Text>
          <Group justify="flex-end">
            <Button loading={renew.isPending} onClick={() => renew.mutate()} data-autofocus>
              {t.factors.renew}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </Kind>
  );
}
