import { describe, expect, it } from "vitest";
import { Problem } from "@/api/problem";
import { makeQueryClient } from "./queries";
import { sessionQuery } from "./session";

async function refusedWith(code: string, status = 403) {
  const client = makeQueryClient();
  client.setQueryData(sessionQuery.queryKey, { refused: null } as never);
  const queryFn = () => Promise.reject(new Problem(status, { code }));
  await expect(client.fetchQuery({ queryKey: ["contacts"], queryFn, retry: false })).rejects.toThrow();
  return client.getQueryState(sessionQuery.queryKey);
}

describe("a refused request", () => {
  it.each(["no_tenant", "second_factor_required", "address_not_allowed"])(
    "has the session read anew for %s",
    async (code) => {
      expect((await refusedWith(code))?.isInvalidated).toBe(true);
    },
  );

  it("leaves the session alone where only the role does not allow it", async () => {
    expect((await refusedWith("forbidden"))?.isInvalidated).toBe(false);
  });

  it("ends the session that is over", async () => {
    expect((await refusedWith("unauthenticated", 401))?.data).toBeNull();
  });
});
