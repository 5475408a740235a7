/** Confirms that it is oneself: with a second factor where one is set up, else with the password. */
import { Modal, Stack, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { api, take } from "@/api/client";
import { asProblem, problemText } from "@/api/problem";
import type { LinkedIdentity } from "@/api/types";
import { sessionQuery } from "@/app/session";
import { useT } from "@/i18n";
import { Answer } from "@/shared/states";
import { ConfirmAtCompany } from "./CompanyIdentities";
import { ProviderButtons } from "./ProviderButtons";
import { identitiesQuery, secondFactorsQuery } from "./queries";
import { ShowFactor } from "./ShowFactor";

export function StepUpDialog({
  opened,
  onAnswer,
  onGone,
}: {
  opened: boolean;
  onAnswer: (is: boolean) => void;
  /** Once it has faded out. */
  onGone: () => void;
}) {
  const t = useT();
  const client = useQueryClient();
  const { data: session } = useQuery(sessionQuery);
  // What is the person's own is not told to who came by the company's provider alone.
  const isConfined = session?.is_confined ?? false;
  const query = useQuery({ ...secondFactorsQuery, staleTime: 0, enabled: opened && !isConfined });

  const { data: identities } = useQuery({ ...identitiesQuery, enabled: opened && !isConfined });

  // Signed out meanwhile, here or in another window.
  const isOut = session === null;
  useEffect(() => {
    if (opened && isOut) onAnswer(false);
  }, [opened, isOut, onAnswer]);

  return (
    <Modal
      opened={opened}
      onClose={() => onAnswer(false)}
      title={t.factors.confirmTitle}
      // Above the dialog that asked, and below notices.
      zIndex={350}
      closeOnEscape={false}
      closeOnClickOutside={false}
      closeButtonProps={{ "aria-label": t.common.close }}
      returnFocus={false}
      onExitTransitionEnd={onGone}
    >
      <Stack>
        <Text c="dimmed">{t.factors.confirmText}</Text>
        {isConfined ? (
          opened ? (
            <ConfirmAtCompany />
          ) : null
        ) : (
          <Answer query={query}>
            {({ methods }) =>
              methods.length === 0 && identities?.has_password === false ? (
                <WithoutPassword linked={identities.linked} />
              ) : (
                <ShowFactor
                  ways={methods.length > 0 ? methods : ["password"]}
                  email={session?.user.email ?? ""}
                  options={() => take(api.POST("/api/v1/session/verification/options"))}
                  show={async (proof) => {
                    const next = await take(api.POST("/api/v1/session/verification", { body: proof }));
                    client.setQueryData(sessionQuery.queryKey, next);
                    onAnswer(true);
                  }}
                  refused={({ code }) => {
                    // Set up or removed in another window meanwhile: the ways are read anew.
                    if (code === "password_not_enough") void query.refetch();
                    return false;
                  }}
                />
              )
            }
          </Answer>
        )}
      </Stack>
    </Modal>
  );
}

/** Who signs in with another company's account alone confirms it there, and does it again after coming back. */
function WithoutPassword({ linked }: { linked: readonly LinkedIdentity[] }) {
  const t = useT();
  const [error, setError] = useState<string | null>(null);
  const keys = linked.flatMap(({ provider }) => (provider ? [provider] : []));
  return (
    <Stack>
      <Text>{t.ways.confirmHint}</Text>
      {error ? (
        <Text c="red" role="alert">
          {error}
        </Text>
      ) : null}
      <ProviderButtons
        intent="confirm"
        only={keys}
        next={window.location.pathname}
        onError={(refused) => setError(problemText(asProblem(refused), t))}
      />
    </Stack>
  );
}
