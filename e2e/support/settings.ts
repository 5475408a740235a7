/** Which program is tested, where it listens, and which browser drives it. */
import { execFileSync } from "node:child_process";
import { resolve } from "node:path";

export const program = resolve(process.env.ATRIUM_BIN ?? "../target/debug/atrium");

export const chromium = {
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
};

/** The server's address; its port is free when the run begins, and the workers inherit it. */
export function address(): string {
  process.env.ATRIUM_E2E_PORT ??= execFileSync(process.execPath, [
    "-e",
    'const s = require("node:net").createServer().listen(0, "127.0.0.1", () => { process.stdout.write(String(s.address().port)); s.close(); });',
  ]).toString();
  return `http://localhost:${process.env.ATRIUM_E2E_PORT}`;
}

/** The instance's keys; the workers inherit where they are. */
export function keyFile(): string {
  return resolve(process.env.ATRIUM_E2E_DATA ?? "", "keys/instance.key");
}
