/** Shows a factor: a code, a recovery code, a passkey or the password; for a sign-in and for confirming that it is oneself. */
import { Alert, Button, Stack, Text, TextInput } from "@mantine/core";
import { IconAlertTriangle, IconFingerprint } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { asProblem, fieldErrors, type Problem, problemText } from "@/api/problem";
import type { PasskeyOptions, Proof, Way } from "@/api/types";
import { useT } from "@/i18n";
import { PasswordField } from "@/shared/PasswordField";
import { askPasskey, hasPasskeys, isAborted } from "@/shared/passkeys";
import { CodeField } from "./CodeField";
import classes from "./factors.module.css";

interface Props {
  /** What may be shown, the first of them first. */
  ways: readonly Way[];
  /** Whose it is, for password stores. */
  email: string;
  options: () => Promise<PasskeyOptions>;
  /** Throws the refusal. */
  show: (proof: Proof) => Promise<unknown>;
  /** True where the refusal was dealt with, so that it is not told here. */
  refused?: (problem: Problem) => boolean;
  /** What is asked beside it. */
  children?: ReactNode;
}

export function ShowFactor({ ways, email, options, show, refused, children }: Props) {
  const t = useT();
  const usable = ways.filter((way) => way !== "passkey" || hasPasskeys());
  const [chosen, choose] = useState<Way | null>(null);
  const way = chosen ?? usable[0];
  const [text, setText] = useState("");
  const [error, setError] = useState<string | null>(null);
  const field = useRef<HTMLInputElement>(null);
  const button = useRef<HTMLButtonElement>(null);

  const shown = useMutation({
    mutationFn: async (proof: Proof | null) => {
      if (proof) return show(proof);
      const asked = await options();
      const credential = await askPasskey(asked);
      return show({ method: "passkey", token: asked.token, credential });
    },
    // What proves who one is stays in memory no longer than needed.
    gcTime: 0,
    onMutate: () => setError(null),
    onError: (refusal) => {
      const problem = asProblem(refusal);
      setText("");
      if (isAborted(problem) || refused?.(problem)) return;
      setError(Object.values(fieldErrors(problem, t))[0] ?? problemText(problem, t));
    },
  });
  const busy = shown.isPending;
  const isDone = shown.isSuccess;

  // To where the next try is made: at the beginning, in another way, and after a refusal.
  useEffect(() => {
    if (busy || isDone || !way) return;
    if (way === "passkey") button.current?.focus();
    else field.current?.focus();
  }, [way, busy, isDone]);

  const proofOf = (value: string): Proof | null => {
    if (way === "totp") return { method: "totp", code: value };
    if (way === "recovery_code") return { method: "recovery_code", code: value.trim() };
    return { method: "password", password: value };
  };
  const send = (value: string) => {
    if (busy) return;
    if (value.trim() === "") return setError(t.forms.required);
    shown.mutate(proofOf(value));
  };
  const input = { ref: field, value: text, error, readOnly: busy };
  const others = usable.filter((other) => other !== way);

  return (
    <Stack>
      {way === undefined ? (
        <Refusal>{t.factors.noPasskeys}</Refusal>
      ) : way === "passkey" ? (
        <>
          {error ? <Refusal>{error}</Refusal> : <Text>{t.factors.passkeyText}</Text>}
          <Button
            ref={button}
            data-autofocus
            leftSection={<IconFingerprint size={18} aria-hidden />}
            loading={busy}
            onClick={() => shown.mutate(null)}
          >
            {t.factors.ways.passkey}
          </Button>
        </>
      ) : (
        <form
          key={way}
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            send(text);
          }}
        >
          <Stack>
            {way === "totp" ? (
              <CodeField
                ref={field}
                label={t.factors.code}
                value={text}
                onChange={setText}
                onComplete={send}
                error={error}
                busy={busy}
              />
            ) : way === "recovery_code" ? (
              <TextInput
                {...input}
                label={t.factors.recoveryCode}
                description={t.factors.recoveryCodeText}
                onChange={(event) => setText(event.currentTarget.value)}
                autoComplete="off"
                autoCapitalize="characters"
                spellCheck={false}
                maxLength={60}
                data-autofocus
                errorProps={{ role: "alert" }}
                aria-invalid={Boolean(error)}
                classNames={{ input: classes.plain }}
              />
            ) : (
              <>
                <input type="text" autoComplete="username" value={email} readOnly hidden />
                <PasswordField
                  {...input}
                  label={t.auth.password}
                  onChange={(event) => setText(event.currentTarget.value)}
                  autoComplete="current-password"
                  data-autofocus
                  errorProps={{ role: "alert" }}
                />
              </>
            )}
            <Button type="submit" loading={busy}>
              {t.factors.continue}
            </Button>
          </Stack>
        </form>
      )}
      {children}
      {others.length > 0 ? (
        <Stack
          gap={4}
          align="flex-start"
          role="group"
          aria-label={t.factors.otherWays}
          className={classes.ways}
        >
          {others.map((other) => (
            <Button
              key={other}
              variant="subtle"
              size="compact-md"
              disabled={busy}
              onClick={() => {
                setText("");
                setError(null);
                choose(other);
              }}
            >
              {t.factors.ways[other]}
            </Button>
          ))}
        </Stack>
      ) : null}
    </Stack>
  );
}

function Refusal({ children }: { children: ReactNode }) {
  return (
    <Alert color="red" variant="outline" role="alert" icon={<IconAlertTriangle size={20} aria-hidden />}>
      {children}
    </Alert>
  );
}
