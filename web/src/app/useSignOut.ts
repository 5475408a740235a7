import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useT } from "@/i18n";
import { refusal } from "@/shared/toast";
import { leave, signOut } from "./session";

export function useSignOut() {
  const t = useT();
  const client = useQueryClient();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: () => signOut(client),
    onSuccess: async () => {
      await navigate({ to: "/sign-in" });
      leave(client);
    },
    onError: (error) => refusal(error, t),
  });
}
