/** A DNS server of the tests, which knows the TXT records that they set: in files, since tests run in other processes. */
import { createSocket } from "node:dgram";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const file = (name: string) => join(process.env.ATRIUM_E2E_DNS ?? "", name);

/** What the TXT record of that name says. */
export function setText(name: string, text: string): void {
  writeFileSync(file(name), text);
}

export async function openDns(): Promise<{ address: string; stop: () => void }> {
  const folder = mkdtempSync(join(tmpdir(), "atrium-dns-"));
  process.env.ATRIUM_E2E_DNS = folder;
  const socket = createSocket("udp4");
  socket.on("message", (asked, from) => socket.send(answer(asked), from.port, from.address));
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  return {
    address: `127.0.0.1:${socket.address().port}`,
    stop: () => {
      socket.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** RFC 1035, 4.1: the question again, and its record or NXDOMAIN. */
function answer(asked: Buffer): Buffer {
  const labels: string[] = [];
  let at = 12;
  for (let length = asked[at] ?? 0; length > 0; length = asked[at] ?? 0) {
    labels.push(asked.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  const question = asked.subarray(12, at + 5);
  const path = file(labels.join(".").toLowerCase());
  const isText = asked.readUInt16BE(at + 1) === 16;
  const text = isText && existsSync(path) ? readFileSync(path) : null;
  const head = Buffer.alloc(12);
  asked.copy(head, 0, 0, 2);
  head.writeUInt16BE(text ? 0x8180 : 0x8183, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(text ? 1 : 0, 6);
  if (!text) return Buffer.concat([head, question]);
  // The name of the question, TXT, IN, a minute.
  const record = Buffer.from([0xc0, 0x0c, 0, 16, 0, 1, 0, 0, 0, 60, 0, text.length + 1, text.length]);
  return Buffer.concat([head, question, record, text]);
}
