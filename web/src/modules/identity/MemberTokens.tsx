/** Programs that act for members of the workspace, for who keeps it safe: what each may do, and its end. */
import { IconKey } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { keys } from "@/api/cache";
import { api, take } from "@/api/client";
import { useT } from "@/i18n";
import { Section } from "@/shared/Page";
import { MoreRows, pagesOf } from "@/shared/pages";
import { Answer, EmptyState } from "@/shared/states";
import { TokenRow } from "./AccessTokens";
import security from "./security.module.css";

const memberTokensQuery = pagesOf([keys.memberAccessTokens], (cursor, signal) =>
  take(api.GET("/api/v1/member-access-tokens", { params: { query: { limit: 50, cursor } }, signal })),
);

const endAny = (id: string) =>
  take(api.DELETE("/api/v1/member-access-tokens/{id}", { params: { path: { id } } }));

export function MemberTokens() {
  const t = useT();
  const query = useInfiniteQuery(memberTokensQuery);
  return (
    <Section title={t.tokens.ofMembers} description={t.tokens.ofMembersText} flush>
      <div className={security.list}>
        <Answer query={query}>
          {(tokens) =>
            tokens.length === 0 ? (
              <EmptyState icon={IconKey} title={t.tokens.noneOfMembers} />
            ) : (
              <>
                {tokens.map((token) => (
                  <TokenRow key={token.id} token={token} of={token.user_name} end={endAny} />
                ))}
                <MoreRows query={query} />
              </>
            )
          }
        </Answer>
      </div>
    </Section>
  );
}
