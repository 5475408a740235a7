/** What screens of messages, texts and lists of recipients ask for. */
import { queryOptions } from "@tanstack/react-query";
import { keys } from "@/api/cache";
import { api, take } from "@/api/client";
import { asProblem } from "@/api/problem";
import type { MessageChannel, MessageStatus, MessageTemplateInput, SmsSettings } from "@/api/types";
import type { Catalogue } from "@/i18n/en";
import { pagesOf } from "@/shared/pages";

/** WhatsApp is left out: nothing sends it yet. */
export const CHANNELS = ["email", "sms", "in_app"] as const satisfies readonly MessageChannel[];
export const STATUSES = [
  "queued",
  "sent",
  "kept",
  "delivered",
  "failed",
  "bounced",
  "suppressed",
] as const satisfies readonly MessageStatus[];
export const STATUS_COLORS: Record<MessageStatus, string> = {
  queued: "yellow",
  sent: "green",
  kept: "gray",
  delivered: "green",
  failed: "red",
  bounced: "red",
  suppressed: "gray",
};
export const KINDS = [
  "booking_request",
  "booking_confirmation",
  "booking_rescheduled",
  "booking_cancellation",
  "booking_declined",
  "booking_reminder",
] as const;
export const AUDIENCES = ["invitee", "organizer"] as const;
export const LANGUAGES = ["en", "pt-BR", "nl"] as const;

export interface MessageFilter {
  channel?: MessageChannel | undefined;
  status?: MessageStatus | undefined;
  recipient?: string | undefined;
  subject_id?: string | undefined;
}

export const messagesQuery = (filter: MessageFilter) => ({
  ...pagesOf([keys.messages, filter], (cursor, signal) =>
    take(api.GET("/api/v1/messages", { params: { query: { ...filter, cursor, limit: 30 } }, signal })),
  ),
  // What becomes of a message is no event of the workspace, so the stream does not tell of it.
  refetchInterval: 10_000,
});

export const templatesQuery = queryOptions({
  queryKey: [keys.messageTemplates],
  queryFn: ({ signal }) => take(api.GET("/api/v1/message-templates", { signal })),
});

type Which = Pick<MessageTemplateInput, "kind" | "audience" | "language">;

/** The words that are sent where nobody wrote others. */
export const defaultTextQuery = (query: Which) =>
  queryOptions({
    queryKey: [keys.messageTemplates, "default", query.kind, query.audience, query.language],
    queryFn: ({ signal }) =>
      take(api.GET("/api/v1/message-template-defaults", { params: { query }, signal })),
    staleTime: Number.POSITIVE_INFINITY,
  });

export const suppressionsQuery = pagesOf([keys.suppressions], (cursor, signal) =>
  take(api.GET("/api/v1/suppressions", { params: { query: { cursor, limit: 30 } }, signal })),
);

/** The account at the provider, or null where no SMS is sent. */
export const smsSettingsQuery = queryOptions({
  queryKey: [keys.smsSettings],
  queryFn: async ({ signal }): Promise<SmsSettings | null> => {
    try {
      return await take(api.GET("/api/v1/sms-settings", { signal }));
    } catch (error) {
      if (asProblem(error).status === 404) return null;
      throw error;
    }
  },
});

/** What is wrong with a text, in the reader's language and with the field that the server names. */
export function wrongText(code: string, message: string, t: Catalogue): string | null {
  const words = t.sending.wrong[code as keyof Catalogue["sending"]["wrong"]];
  return words ? words(/\{\{.*\}\}/.exec(message)?.[0] ?? message) : null;
}
