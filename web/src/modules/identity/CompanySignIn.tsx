/** Signing in by the provider of one's company: its page, and how it is found. */
import { Alert, Button, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconBuilding } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { api, take } from "@/api/client";
import { asProblem, problemText } from "@/api/problem";
import { useT } from "@/i18n";
import { check, FormSummary, focusFirst, useFormProblem } from "@/shared/forms";
import { LinkAnchor } from "@/shared/links";
import { Answer } from "@/shared/states";
import { AuthShell } from "./AuthShell";
import classes from "./auth.module.css";
import { workspaceSignInQuery } from "./company";
import { leaveFor } from "./providers";

const page = getRouteApi("/sign-in/at/$slug");

export function WorkspaceSignIn() {
  const t = useT();
  const { slug } = page.useParams();
  const query = useQuery(workspaceSignInQuery(slug));
  const [refused, setRefused] = useState<string | null>(null);
  const leave = useMutation({
    mutationFn: (provider: string) => leaveFor(provider, "sign_in", false, "/", slug),
    onError: (error) => setRefused(problemText(asProblem(error), t)),
  });
  const foot = <LinkAnchor to="/sign-in">{t.company.otherWay}</LinkAnchor>;
  if (query.isError && asProblem(query.error).status === 404)
    return <AuthShell title={t.company.noPageTitle} text={t.company.noPageText} foot={foot} />;
  return (
    <AuthShell title={query.data ? t.company.pageTitle(query.data.name) : t.auth.signIn} foot={foot}>
      <Answer query={query}>
        {(workspace) => (
          <Stack>
            {workspace.logo_url ? <img src={workspace.logo_url} alt="" className={classes.logo} /> : null}
            {refused ? (
              <Alert color="red" variant="outline" role="alert">
                {refused}
              </Alert>
            ) : null}
            {workspace.providers.map(({ key, name }) => (
              <Button
                key={key}
                fullWidth
                leftSection={<IconBuilding size={18} aria-hidden />}
                loading={leave.isPending && leave.variables === key}
                onClick={() => leave.mutate(key)}
              >
                {t.ways.with(name)}
              </Button>
            ))}
          </Stack>
        )}
      </Answer>
    </AuthShell>
  );
}

export function FindCompany() {
  const t = useT();
  const navigate = useNavigate();
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { email: "" },
    validate: { email: check.email(t) },
  });
  const problem = useFormProblem(form);
  const find = useMutation({
    mutationFn: (email: string) => take(api.POST("/api/v1/sign-in-options/lookups", { body: { email } })),
    onSuccess: ({ slug }) => {
      if (slug) void navigate({ to: "/sign-in/at/$slug", params: { slug } });
      else form.setFieldError("email", t.company.notFound);
    },
    onError: problem.show,
  });
  return (
    <AuthShell
      title={t.company.findTitle}
      text={t.company.findText}
      foot={<LinkAnchor to="/sign-in">{t.auth.backToSignIn}</LinkAnchor>}
    >
      <form
        noValidate
        onSubmit={form.onSubmit(({ email }) => {
          problem.clear();
          find.mutate(email.trim());
        }, focusFirst(form))}
      >
        <Stack>
          <FormSummary lines={problem.summary} />
          <TextInput
            label={t.auth.email}
            type="email"
            autoComplete="username"
            autoFocus
            key={form.key("email")}
            {...form.getInputProps("email")}
          />
          <Button type="submit" loading={find.isPending}>
            {t.company.goOn}
          </Button>
        </Stack>
      </form>
    </AuthShell>
  );
}
