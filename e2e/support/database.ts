/** What a test changes in the instance's database itself, in place of waiting. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Runs one statement as the owner of the tables; `:'name'` in it stands for a value. */
function run(statement: string, values: Record<string, string>): void {
  const folder = join(process.env.ATRIUM_E2E_DATA ?? "", "postgres");
  const { owner } = JSON.parse(readFileSync(join(folder, "credentials.json"), "utf8")) as { owner: string };
  const psql = process.env.PG_BIN ? join(process.env.PG_BIN, "psql") : "psql";
  const set = Object.entries(values).flatMap(([name, value]) => ["-v", `${name}=${value}`]);
  execFileSync(
    psql,
    ["-qX", "-v", "ON_ERROR_STOP=1", ...set, "-h", join(folder, "run"), "-U", "atrium_owner", "atrium"],
    {
      input: statement,
      env: { ...process.env, PGPASSWORD: owner },
    },
  );
}

const OF_USER = "(SELECT id FROM directory.users WHERE email = :'email')";

/** As if the user had shown the last factor a quarter of an hour ago; told to the server, as `expires_at` is named. */
export function agedSessions(email: string): void {
  run(
    `UPDATE directory.sessions SET verified_at = verified_at - interval '15 minutes', expires_at = expires_at
      WHERE user_id = ${OF_USER}`,
    { email },
  );
}

/** As if whatever of the user waits for its next step had waited too long. */
export function lapsedSteps(email: string): void {
  run(
    `UPDATE directory.login_challenges SET expires_at = created_at + interval '1 microsecond' WHERE user_id = ${OF_USER}`,
    { email },
  );
}

/** As if the waits after wrong codes were over. Of nobody in particular, as they are kept by a hash. */
export function overWaits(): void {
  run("UPDATE directory.login_throttles SET blocked_until = NULL", {});
}

/** As if all recovery codes of the user but that many were used. */
export function usedCodes(email: string, left: number): void {
  run(
    `UPDATE directory.recovery_codes SET used_at = now() WHERE id IN
       (SELECT id FROM directory.recovery_codes WHERE user_id = ${OF_USER} AND used_at IS NULL ORDER BY id OFFSET :left)`,
    { email, left: String(left) },
  );
}

/** As if all attempts of what waits in a workspace's queue had failed. */
export function failedJobs(slug: string, error: string): void {
  run(
    `UPDATE graphile_worker._private_jobs SET attempts = max_attempts, last_error = :'error', updated_at = now()
      WHERE payload ->> 'tenant_id' = (SELECT id::text FROM directory.tenants WHERE slug = :'slug')`,
    { slug, error },
  );
}

/** A batch of that workspace of which a part is done, as an import that runs. */
export function openBatch(tenant: string, name: string): void {
  run(
    `INSERT INTO platform.job_batches (tenant_id, id, name, total_jobs, pending_jobs)
     VALUES (:'tenant', gen_random_uuid(), :'name', 40, 28)`,
    { tenant, name },
  );
}
