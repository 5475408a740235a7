import { Alert, Button, Stack, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { api, take } from "@/api/client";
import { useT } from "@/i18n";
import { refusal } from "@/shared/toast";

/** Says that an address awaits its verification, and offers another mail. */
export function ResendVerification({ email }: { email: string }) {
  const t = useT();
  const resend = useMutation({
    mutationFn: () => take(api.POST("/api/v1/email-verification-requests", { body: { email } })),
    onError: (error) => refusal(error, t),
  });
  return (
    <Alert color="yellow" variant="outline" title={t.auth.unverifiedTitle} role="alert">
      <Stack gap="xs" align="flex-start">
        <Text>{t.auth.unverifiedText(email)}</Text>
        {resend.isSuccess ? (
          <Text role="status">{t.auth.mailSentAgain}</Text>
        ) : (
          <Button
            variant="default"
            size="compact-md"
            loading={resend.isPending}
            onClick={() => resend.mutate()}
          >
            {t.auth.resend}
          </Button>
        )}
      </Stack>
    </Alert>
  );
}
