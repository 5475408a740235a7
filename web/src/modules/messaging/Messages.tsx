/** What is sent from the workspace: in whose words, to whom not, and what became of it. */
import { useMay, useMayAll } from "@/app/session";
import { MessageLog } from "./MessageLog";
import { Suppressions } from "./Suppressions";
import { Templates } from "./Templates";

export function Messages() {
  const may = useMay();
  const mayAll = useMayAll();
  return (
    <>
      <Templates writes={may("messages:write")} forAll={mayAll("messages:write")} />
      {mayAll("messages:read") ? <Suppressions writes={mayAll("messages:write")} /> : null}
      <MessageLog />
    </>
  );
}
