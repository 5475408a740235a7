/** Sets up an authenticator app: its secret as a picture and as text, and a first code that shows that it arrived. */
import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { keys } from "@/api/cache";
import { api, take } from "@/api/client";
import { fieldErrors, problemText } from "@/api/problem";
import type { TotpEnrolment } from "@/api/types";
import { useT } from "@/i18n";
import { CopyIcon } from "@/shared/bits";
import { useChange } from "@/shared/change";
import { notice } from "@/shared/toast";
import { CodeField } from "./CodeField";
import classes from "./factors.module.css";

interface Props {
  onClose: () => void;
  onCodes: (codes: string[]) => void;
}

export function SetUpApp({ enrolment, ...props }: Props & { enrolment: TotpEnrolment | null }) {
  const t = useT();
  return (
    <Modal
      opened={enrolment !== null}
      onClose={props.onClose}
      title={t.factors.setUpApp}
      size={520}
      closeOnClickOutside={false}
      closeButtonProps={{ "aria-label": t.common.close }}
    >
      {enrolment ? <Enrolment enrolment={enrolment} {...props} /> : null}
    </Modal>
  );
}

function Enrolment({ enrolment, onClose, onCodes }: Props & { enrolment: TotpEnrolment }) {
  const t = useT();
  const [code, setCode] = useState("");
  const [error, setError] = useState<string | null>(null);
  const confirm = useChange<string, { recovery_codes?: string[] | null }>({
    run: (code) => take(api.POST("/api/v1/me/totp/confirmation", { body: { code } })),
    stale: [keys.secondFactors, keys.sessions],
    done: ({ recovery_codes }) => {
      onClose();
      notice(t.factors.appAdded);
      if (recovery_codes) onCodes(recovery_codes);
    },
    refused: (problem) => {
      setCode("");
      if (problem.code === "step_up_required") return false;
      setError(fieldErrors(problem, t).code ? t.problems.codes.invalid_code : problemText(problem, t));
      return true;
    },
  });
  const send = (digits: string) => {
    setError(null);
    confirm.mutate(digits);
  };
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (code === "") return setError(t.forms.required);
        if (!confirm.isPending) send(code);
      }}
    >
      <Stack>
        <Text>{t.factors.scan}</Text>
        <img
          // As a picture it can run nothing and fetch nothing.
          src={`data:image/svg+xml;utf8,${encodeURIComponent(enrolment.qr_svg)}`}
          alt={t.factors.scanPicture}
          className={classes.picture}
        />
        <Button component="a" href={enrolment.uri} variant="default" hiddenFrom="sm">
          {t.factors.openApp}
        </Button>
        <div>
          <Text size="sm" c="dimmed" component="div" id="totp-secret">
            {t.factors.secret}
          </Text>
          <Group gap={4} wrap="nowrap" justify="space-between">
            <Text className={classes.secret} aria-labelledby="totp-secret" component="output">
              {enrolment.secret.match(/.{1,4}/g)?.join(" ")}
            </Text>
            <CopyIcon value={enrolment.secret} label={t.factors.copySecret} />
          </Group>
        </div>
        <CodeField
          label={t.factors.firstCode}
          value={code}
          onChange={setCode}
          onComplete={send}
          error={error}
          busy={confirm.isPending}
        />
        <Group justify="flex-end">
          <Button type="submit" loading={confirm.isPending}>
            {t.factors.setUp}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
