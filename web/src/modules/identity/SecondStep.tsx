/** The second step of a sign-in, whatever its first was. */
import { Anchor, Checkbox } from "@mantine/core";
import { useState } from "react";
import { api, take } from "@/api/client";
import type { SecondFactorDue, Session } from "@/api/types";
import { useT } from "@/i18n";
import { AuthShell } from "./AuthShell";
import { ShowFactor } from "./ShowFactor";

export function SecondStep({
  due,
  email,
  text,
  onBack,
  onOver,
  onDone,
}: {
  due: SecondFactorDue;
  /** For password stores. */
  email: string;
  text?: string;
  onBack: () => void;
  /** It took too long. */
  onOver: () => void;
  onDone: (session: Session) => Promise<unknown> | undefined;
}) {
  const t = useT();
  const [trusts, setTrusts] = useState(false);
  return (
    <AuthShell
      title={t.factors.stepTitle}
      text={text}
      foot={
        <Anchor component="button" type="button" inherit onClick={onBack}>
          {t.factors.otherAccount}
        </Anchor>
      }
    >
      <ShowFactor
        ways={due.methods}
        email={email}
        options={() =>
          take(api.POST("/api/v1/sessions/second-factor/options", { body: { token: due.token } }))
        }
        show={async (proof) =>
          onDone(
            await take(
              api.POST("/api/v1/sessions/second-factor", {
                body: { token: due.token, proof, remember_device: trusts },
              }),
            ),
          )
        }
        refused={({ code }) => {
          if (code !== "challenge_over") return false;
          onOver();
          return true;
        }}
      >
        {due.may_remember_device ? (
          <Checkbox
            label={t.factors.trust}
            checked={trusts}
            onChange={(event) => setTrusts(event.currentTarget.checked)}
          />
        ) : null}
      </ShowFactor>
    </AuthShell>
  );
}
