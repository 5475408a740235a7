/** Where the code that a device shows is entered, and the device allowed or refused. */
import { Alert, Button, Stack, Text, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import { api, take } from "@/api/client";
import { asProblem, problemText } from "@/api/problem";
import { useT } from "@/i18n";
import { AuthShell } from "../AuthShell";
import { Ask, type Decision } from "./Ask";
import classes from "./oauth.module.css";

const route = getRouteApi("/device");

export function Device() {
  const t = useT();
  const { code = "" } = route.useSearch();
  const [typed, setTyped] = useState(code);
  const lookup = useMutation({
    mutationFn: (user_code: string) =>
      take(api.POST("/api/v1/oauth-device-lookups", { body: { user_code } })),
  });
  const decide = useMutation({
    mutationFn: (decision: Decision) =>
      take(api.POST("/api/v1/oauth-device-authorizations", { body: { request: typed, ...decision } })),
  });
  const wrong = (error: unknown) => {
    const problem = asProblem(error);
    return problem.status === 422 ? t.oauth.codeUnknown : problemText(problem, t);
  };
  if (decide.isSuccess)
    return (
      <AuthShell
        title={decide.variables.allowed ? t.oauth.deviceAllowed : t.oauth.deviceRefused}
        text={decide.variables.allowed ? t.oauth.deviceAllowedText : t.oauth.deviceRefusedText}
      />
    );
  if (lookup.data)
    return (
      <AuthShell title={t.oauth.title}>
        <Stack>
          <Alert color="yellow" variant="outline">
            {t.oauth.deviceWarning(typed.toUpperCase())}
          </Alert>
          {decide.error ? (
            <Alert color="red" variant="outline" role="alert">
              {wrong(decide.error)}
            </Alert>
          ) : null}
          <Ask
            asked={lookup.data}
            busy={decide.isPending ? (decide.variables.allowed ? "yes" : "no") : null}
            onDecide={(decision) => decide.mutate(decision)}
          />
        </Stack>
      </AuthShell>
    );
  return (
    <AuthShell title={t.oauth.deviceTitle} text={t.oauth.deviceText}>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (typed.trim()) lookup.mutate(typed);
        }}
      >
        <Stack>
          <TextInput
            label={t.oauth.code}
            placeholder="BCDF-GHJK"
            autoComplete="off"
            autoFocus
            spellCheck={false}
            maxLength={20}
            classNames={{ wrapper: classes.code }}
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
            error={lookup.error ? wrong(lookup.error) : undefined}
          />
          {code ? (
            <Text size="sm" c="dimmed">
              {t.oauth.codeCompare}
            </Text>
          ) : null}
          <Button
            type="submit"
            loading={lookup.isPending}
            disabled={typed.replace(/[^a-z]/gi, "").length !== 8}
          >
            {t.common.continue}
          </Button>
        </Stack>
      </form>
    </AuthShell>
  );
}
