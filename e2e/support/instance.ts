/** Starts the program with a data directory and a private database of its own, and ends it after the run. */
import { type ChildProcess, spawn } from "node:child_process";
import {
  chmodSync,
  createWriteStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { openCompany } from "./company";
import { openDns } from "./dns";
import { address, program } from "./settings";

export interface Account {
  email: string;
  password: string;
}

/** The demo's owner, who is also an administrator of the instance and so may read the mailbox. */
export const ADMINISTRATOR: Account = { email: "ana@brightside.example", password: "correct horse battery" };

export default async function start(): Promise<() => Promise<void>> {
  if (!existsSync(program)) throw new Error(`${program} does not exist: build it, or set ATRIUM_BIN`);
  const base = address();
  const folder = mkdtempSync(join(tmpdir(), "atrium-e2e-"));
  // As root the program runs the database as another user, who must pass through.
  chmodSync(folder, 0o711);
  const data = join(folder, "data");
  process.env.ATRIUM_E2E_DATA = data;
  mkdirSync("results", { recursive: true });
  const log = createWriteStream("results/server.log");
  const company = await openCompany(base);
  const dns = await openDns();
  const providers = join(folder, "providers.json");
  writeFileSync(providers, JSON.stringify([company.provider]));
  const { DATABASE_URL: _, DATABASE_OWNER_URL: __, ...environment } = process.env;
  const env = {
    ...environment,
    ATRIUM_DATA_DIR: data,
    ATRIUM_LISTEN: `127.0.0.1:${new URL(base).port}`,
    ATRIUM_PUBLIC_URL: base,
    // The tests are one address with many visitors.
    ATRIUM_RATE_LIMIT_FACTOR: "1000",
    // The company stands on this machine.
    ATRIUM_PROVIDERS: providers,
    ATRIUM_PRIVATE_SERVICES: "true",
    ATRIUM_PRIVATE_WEBHOOKS: "true",
    ATRIUM_MAIL_LINKS: "true",
    ATRIUM_DNS_RESOLVER: dns.address,
    ATRIUM_LOG_FORMAT: "text",
    NO_COLOR: "1",
  };
  const server = spawn(program, ["serve", "--demo"], { env, stdio: ["ignore", "pipe", "pipe"] });
  server.stdout.pipe(log);
  server.stderr.pipe(log);
  const stop = async () => {
    await ended(server);
    company.stop();
    dns.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await ready(`${base}/readyz`, server);
  } catch (error) {
    await stop();
    throw error;
  }
  return stop;
}

async function ready(url: string, server: ChildProcess): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (Date.now() < deadline) {
    if (server.exitCode !== null)
      throw new Error(`the program ended with ${server.exitCode}: see results/server.log`);
    const response = await fetch(url).catch(() => null);
    if (response?.ok) return;
    await pause(100);
  }
  throw new Error(`${url} did not answer within a minute: see results/server.log`);
}

async function ended(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const over = new Promise((resolve) => server.once("exit", resolve));
  server.kill("SIGTERM");
  await over;
}
