"""Valid requests for every operation, made from records that exist: what the document alone cannot tell a generator."""

import base64
import datetime
import itertools
import json
import os
import re
import subprocess
import threading
import time
from pathlib import Path

import requests
from authenticator import SecurityKey, totp

BASE = os.environ["ATRIUM_URL"] + "/api/v1"
# What people see in the browser, and what their security keys sign: an address of numbers has no passkeys.
ORIGIN = os.environ["ATRIUM_URL"].replace("127.0.0.1", "localhost")
OWNER_EMAIL = "ana@brightside.example"
PASSWORD = "correct horse battery"
COOKIE = "atrium_session"
ANY_VERSION = {"If-Match": "*"}

# No two runs on one database ask for the same address.
_numbers = itertools.count(int(time.time()))


def number():
    return next(_numbers)


class Caller:
    """Somebody who asks the API, signed in or not. What is not answered 2xx is a mistake in this file or in Atrium."""

    def __init__(self, email=None, password=PASSWORD):
        self.email = email
        self.password = password
        self.token = None
        if email:
            self.sign_in()

    def sign_in(self):
        answer = self.ask("POST", "/sessions", {"email": self.email, "password": self.password, "remember": True}, raw=True)
        self.token = answer.cookies[COOKIE]
        self.signed_in_at = time.monotonic()

    def fresh(self):
        """Signed in not long ago: ten minutes later, some operations ask who it is again."""
        if time.monotonic() - self.signed_in_at > 300:
            self.sign_in()
        return self

    def ask(self, method, path, body=None, headers=None, raw=False):
        headers = dict(headers or {})
        if self.token:
            headers["Cookie"] = f"{COOKIE}={self.token}"
        answer = requests.request(method, BASE + path, json=body, headers=headers, timeout=30)
        if not answer.ok:
            raise RuntimeError(f"{method} {path} answered {answer.status_code}: {answer.text[:500]}")
        # A change of factors renews the session.
        if self.token and path.startswith("/me/"):
            self.token = answer.cookies.get(COOKIE, self.token)
        if raw:
            return answer
        return answer.json() if answer.content else None

    def get(self, path):
        return self.ask("GET", path)

    def first(self, path, **wanted):
        """The first item of a list whose fields have these values."""
        for item in self.get(path)["items"]:
            if all(item[name] == value for name, value in wanted.items()):
                return item
        raise RuntimeError(f"{path} has no item with {wanted}")


visitor = Caller()
owner = Caller(OWNER_EMAIL)


def mailed_token(address, path):
    """The token in the link to that path in a mail to that address; a job may be still writing it."""
    until = time.monotonic() + 15
    while time.monotonic() < until:
        for mail in owner.get(f"/mails?q={address}")["items"]:
            found = re.search(path + r"[?#]token=([A-Za-z0-9_-]+)", owner.get(f"/mails/{mail['id']}")["text"])
            if found:
                return found.group(1)
        time.sleep(0.1)
    raise RuntimeError(f"no mail to {address} with a link to {path}")


def address(what):
    return f"{what}.{number()}@schemathesis.example"


def registration():
    return {
        "email": address("founder"),
        "name": "Founder",
        "password": PASSWORD,
        "tenant_name": f"Workspace {number()}",
        "timezone": "Europe/Lisbon",
        "locale": "en",
    }


def registered():
    """The address of a sign-up that waits for its confirmation."""
    new = registration()
    visitor.ask("POST", "/registrations", new)
    return new["email"]


def founder():
    """Somebody new with a workspace of his or her own."""
    email = registered()
    visitor.ask("POST", "/email-verifications", {"token": mailed_token(email, "/verify-email"), "password": PASSWORD})
    return Caller(email)


def role(name, where=owner):
    return where.first("/roles", name=name)["id"]


def own_role():
    return owner.ask("POST", "/roles", {"name": f"Role {number()}", "permissions": []})["id"]


def invited(by=owner):
    email = address("invited")
    invitation = by.ask("POST", "/invitations", {"email": email, "role_id": role("viewer", by)})
    return invitation["id"], email


def invitation_token():
    return mailed_token(invited()[1], "/invitation")


def joined(by=owner):
    """The address and the user id of a new member of the demo's workspace, or of another's."""
    _, email = invited(by)
    visitor.ask("POST", "/invitation-acceptances", {"token": mailed_token(email, "/invitation"), "name": "New Member", "password": PASSWORD})
    return email, by.first(f"/members?q={email}")["user_id"]


def member():
    return joined()[1]


PAGE = "/public/organizers/ana-jansen/event-types/"


def window(first_day=1, last_day=15):
    now = datetime.datetime.now(datetime.timezone.utc)
    instant = "%Y-%m-%dT%H:%M:%SZ"
    return {
        "from": (now + datetime.timedelta(days=first_day)).strftime(instant),
        "to": (now + datetime.timedelta(days=last_day)).strftime(instant),
    }


def free_start(event="intro-call"):
    """A start that is free now, another one at each call."""
    span = window()
    slots = visitor.get(f"{PAGE}{event}/slots?from={span['from']}&to={span['to']}")["slots"]
    return slots[number() * 7 % len(slots)]["start"]


def public_booking(event="intro-call"):
    return {
        "start": free_start(event),
        "name": "Vera Visitor",
        "email": address("vera"),
        "timezone": "America/Sao_Paulo",
        "locale": "en",
    }


def booked(event="intro-call"):
    """The token of a new booking's link, and its id."""
    new = public_booking(event)
    answer = visitor.ask("POST", f"{PAGE}{event}/bookings", new)
    token = answer["manage_url"].rsplit("/", 1)[1]
    return token, owner.first(f"/bookings?q={new['email']}")["id"]


def booking(event="intro-call"):
    return booked(event)[1]


def past_booking():
    """One that took place; the demo has some."""
    past = owner.get("/bookings?view=past&status=confirmed,completed&limit=100")["items"]
    return past[number() % len(past)]["id"]


def missed_booking():
    id = past_booking()
    owner.ask("PUT", f"/bookings/{id}/no-show")
    return id


def colleague():
    """An organizer who does not hold the bookings that are made here."""
    me = owner.get("/session")["user"]["id"]
    return next(one["user_id"] for one in owner.get("/organizers")["items"] if one["user_id"] != me)


def cancelled_booking():
    id = booking()
    owner.ask("POST", f"/bookings/{id}/cancellation", {})
    return id


def contact():
    return owner.ask("POST", "/contacts", {"name": "Northwind", "kind": "company", "email": address("contact")})["id"]


def event_type():
    new = {"name": f"Talk {number()}", "duration_minutes": 30, "location_type": "phone"}
    return owner.ask("POST", "/event-types", new)["id"]


def schedule_body():
    return {
        "name": f"Hours {number()}",
        "timezone": "Europe/Amsterdam",
        "rules": [{"day": "mon", "start": "09:00", "end": "17:00"}],
        "overrides": [{"date": "2031-12-25", "is_available": False}],
    }


def blocked_time_body():
    return {"start": "2031-03-03T09:00:00Z", "end": "2031-03-03T10:00:00Z", "timezone": "UTC", "repeats": "weekly", "until": "2031-06-30", "label": f"Gym {number()}"}


def blocked_time():
    return owner.ask("POST", "/blocked-times", blocked_time_body())["id"]


def schedule():
    return owner.ask("POST", "/schedules", schedule_body())["id"]


def sent(method, path, by, *file):
    """What the API answers to a form with one file."""
    answer = requests.request(method, BASE + path, files={"file": file}, headers={"Cookie": f"{COOKIE}={by.token}"}, timeout=30)
    answer.raise_for_status()
    return answer.json()


def file():
    return sent("POST", "/files", owner, "note.txt", b"a note", "text/plain")["id"]


# A PNG of one pixel.
PIXEL = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC")


def picture():
    """The id of an avatar, which anybody may see."""
    who = spare("GET /api/v1/public/pictures/{id}").caller
    return sent("PUT", "/me/avatar", who, "me.png", PIXEL, "image/png")["avatar_url"].rsplit("/", 1)[1]


def with_picture(operation):
    place = operation.removeprefix("DELETE /api/v1")
    sent("PUT", place, spare(operation).caller, "picture.png", PIXEL, "image/png")
    return {}


def reset_token():
    """Of somebody who is signed in nowhere else, since a new password ends the sessions."""
    email = founder().email
    visitor.ask("POST", "/password-resets", {"email": email})
    return mailed_token(email, "/reset-password")


def statement(sql):
    """Runs SQL as the owner of the tables: for records that no operation of the API makes."""
    folder = Path(os.environ["ATRIUM_DATA_DIR"]) / "postgres"
    password = json.loads((folder / "credentials.json").read_text())["owner"]
    socket = (folder / "data" / "postmaster.pid").read_text().splitlines()[4]
    ran = subprocess.run(
        [os.environ["PSQL"], "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", socket, "-U", "atrium_owner", "-d", "atrium", "-c", sql],
        env={**os.environ, "PGPASSWORD": password},
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode != 0:
        raise RuntimeError(ran.stderr)
    return ran.stdout.strip()


def tenant():
    return owner.get("/tenant")["id"]


def job_batch():
    made = f"INSERT INTO platform.job_batches (tenant_id, id, name, total_jobs, pending_jobs) VALUES ('{tenant()}', gen_random_uuid(), 'Import', 3, 2) RETURNING id"
    return statement(made)


def failed_job():
    """A job without attempts left, whose mail is gone."""
    return statement(
        f"""
        WITH job AS (
            SELECT id FROM graphile_worker.add_job('SendMails', json_build_object('tenant_id', '{tenant()}', 'mail_ids', json_build_array(gen_random_uuid())),
                                                   run_at => now() + interval '1 hour')
        )
        SELECT id FROM job;
        UPDATE graphile_worker._private_jobs SET attempts = max_attempts, last_error = 'the mail is gone' WHERE id = lastval() RETURNING id;
        """
    ).splitlines()[-1]


def notification():
    """What the owner was told of a visitor's booking, which comes a moment after it."""
    booked()
    until = time.monotonic() + 30
    while time.monotonic() < until:
        known = owner.get("/notifications?limit=1")["items"]
        if known:
            return known[0]["id"]
        time.sleep(0.1)
    raise RuntimeError("nobody was told of the booking")


def preferences():
    return {
        "channels": {
            "bookings": {"in_app": True, "email": False},
            "workspace": {"in_app": True},
            "system": {"in_app": True},
            "security": {"in_app": True, "email": True},
        },
        "do_not_disturb": {"enabled": True, "from": "22:00", "until": "07:00"},
        "reminder_minutes_before": 30,
    }


def erased_contact():
    owner.fresh().ask("POST", f"/privacy/contacts/{contact()}/erasure", {"name": "Northwind"})
    return {}


def erased_user():
    """The report of an erasure, which is made a week after it was asked for."""
    report = {"tables": {"directory.sessions": 2}, "outcomes": [{"what": "directory.users", "count": 1, "removed": False, "reason": "an audit trail refers to it"}]}
    statement(
        f"""
        INSERT INTO directory.erasures (id, kind, subject_id, label, started_at, finished_at, report)
        VALUES (gen_random_uuid(), 'user', gen_random_uuid(), 'Vera', now(), now(), '{json.dumps(report)}')
        """
    )
    return {}


def forgive():
    """Whoever has shown something wrong waits for seconds, and what is asked meanwhile gets no further than that."""
    statement("DELETE FROM directory.login_throttles")


# The ids of those that were made to be suspended.
expendable = {"tenants": [], "users": []}


def workspace():
    expendable["tenants"].append(founder().get("/tenant")["id"])
    return expendable["tenants"][-1]


def user():
    expendable["users"].append(founder().get("/me")["id"])
    return expendable["users"][-1]


def suspended_workspace():
    id = workspace()
    owner.fresh().ask("PUT", f"/admin/tenants/{id}/suspension", {"reason": "Spam"})
    return id


def email_change_token():
    new = address("moved")
    founder().ask("POST", "/me/email-change", {"email": new})
    return mailed_token(new, "/confirm-email")


def closed_account_token():
    person = Spare()
    person.without_workspace().ask("POST", "/me/closure", {"email": person.caller.email})
    return mailed_token(person.caller.email, "/restore-account")


def oauth_client_body(**changes):
    return {
        "name": f"Notes {number()}",
        "logo_text": "N",
        "kind": "confidential",
        "grant_types": ["authorization_code"],
        "redirect_uris": ["https://notes.example.com/cb"],
        "allowed_scopes": ["openid", "contacts:read"],
    } | changes


def oauth_client(where=""):
    made = owner.ask("POST", f"{where}/oauth-clients", oauth_client_body())["id"]
    # There may be a hundred.
    statement(f"DELETE FROM directory.oauth_clients WHERE id IN (SELECT id FROM directory.oauth_clients WHERE id <> '{made}' ORDER BY id DESC OFFSET 50)")
    return made


def webhook():
    made = owner.ask("POST", "/webhook-endpoints", {"url": "https://hooks.invalid/atrium", "kinds": ["schedule.deleted"]})["id"]
    # There may be twenty.
    statement(f"DELETE FROM automation.webhook_endpoints WHERE id IN (SELECT id FROM automation.webhook_endpoints WHERE id <> '{made}' ORDER BY id DESC OFFSET 10)")
    return made


def message():
    """A mail that failed, in the log."""
    return statement(
        "WITH mail AS (INSERT INTO directory.mails (id, tenant_id, kind, recipient, subject, message_ciphertext, status)"
        f" VALUES (gen_random_uuid(), '{tenant()}', 'test', 'vera@example.com', 'Test', '', 'failed') RETURNING id)"
        " INSERT INTO messaging.notification_deliveries (tenant_id, id, channel, kind, recipient, title, status, created_at, updated_at)"
        f" SELECT '{tenant()}', id, 'email', 'test', 'vera@example.com', 'Test', 'failed', now(), now() FROM mail RETURNING id"
    ).strip()


def message_template():
    statement("DELETE FROM messaging.notification_templates")
    return owner.ask("POST", "/message-templates", template_body())["id"]


def template_body():
    return {"name": "Ours", "kind": "booking_declined", "audience": "invitee", "language": "en", "subject": "Sorry", "body": "Sorry"}


def new_template():
    statement("DELETE FROM messaging.notification_templates")
    return body(**template_body())


def draft():
    return body(kind="booking_cancellation", audience="invitee", subject="Gone", body="Gone")


def suppression():
    return owner.ask("POST", "/suppressions", {"channel": "email", "recipient": f"n{number()}@example.com"})["id"]


SMS = {"account_sid": "AC1", "auth_token": "token", "from_number": "+15005550006"}


def with_sms():
    statement("DELETE FROM messaging.sms_settings")
    owner.ask("PUT", "/sms-settings", SMS)
    return {"headers": ANY_VERSION}


def workflow():
    made = owner.ask("POST", "/workflows", {"name": f"Flow {number()}", "trigger": "contact.created", "steps": [{"name": "Wait", "kind": "wait", "config": {"minutes": 60}}]})["id"]
    # A workspace has 200 at most.
    statement(f"DELETE FROM automation.workflows WHERE id IN (SELECT id FROM automation.workflows WHERE id <> '{made}' ORDER BY id DESC OFFSET 50)")
    return made


def workflow_execution(status):
    made = workflow()
    statement(
        "INSERT INTO automation.workflow_executions (tenant_id, id, workflow_id, revision, cause, trigger, subject_type, subject_id, chain, status, created_at, updated_at)"
        f" SELECT tenant_id, id, id, 1, 'test', trigger, 'contact', id, ARRAY[id], '{status}', now(), now() FROM automation.workflows WHERE id = '{made}'"
    )
    return made


def webhook_delivery():
    return owner.ask("POST", f"/webhook-endpoints/{webhook()}/tests", {})["id"]


def authorization_request():
    """The handle of a request that waits for the owner's consent."""
    client = owner.ask("POST", "/oauth-clients", oauth_client_body())
    query = {
        "client_id": client["client_id"],
        "redirect_uri": "https://notes.example.com/cb",
        "response_type": "code",
        "scope": "openid",
        "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        "code_challenge_method": "S256",
    }
    answer = requests.get(
        BASE.removesuffix("/api/v1") + "/oauth/authorize",
        params=query,
        headers={"Cookie": f"{COOKIE}={owner.token}"},
        allow_redirects=False,
        timeout=30,
    )
    return answer.headers["Location"].rsplit("=", 1)[1]


def device_code():
    """The code that a device shows."""
    client = owner.ask("POST", "/oauth-clients", oauth_client_body(kind="native", grant_types=["device_code"], redirect_uris=[]))
    data = {"client_id": client["client_id"], "scope": "openid"}
    answer = requests.post(BASE.removesuffix("/api/v1") + "/oauth/device_authorization", data=data, timeout=30)
    return answer.json()["user_code"]


def oauth_consent():
    client, me = oauth_client(), owner.get("/me")["id"]
    made = f"INSERT INTO directory.oauth_consents (id, user_id, client_id, tenant_id, scopes, created_at, updated_at) VALUES (gen_random_uuid(), '{me}', '{client}', '{tenant()}', '{{openid}}', now(), now()) RETURNING id"
    return statement(made)


class Spare:
    """Somebody whose session may end, whose password may change and whose workspaces may multiply. Whatever could sign the run
    out, or change what the other operations work on, is asked by a spare of its own."""

    def __init__(self):
        self.caller = founder()
        self.tenant = self.caller.get("/tenant")["id"]

    def renew(self, password):
        """Signs in again, with the new password if one was set."""
        self.caller.password = password or self.caller.password
        self.caller.sign_in()

    def access_token(self):
        return self.caller.fresh().ask("POST", "/access-tokens", {"name": f"Script {number()}", "scopes": ["contacts:read"]})["id"]

    def other_session(self):
        """The id of another session of the same person."""
        Caller(self.caller.email, self.caller.password)
        return next(item["id"] for item in self.caller.get("/sessions")["items"] if not item["current"])

    def second_tenant(self):
        """The id and the name of another workspace."""
        new = {"name": f"Second {number()}", "timezone": "Europe/Lisbon"}
        return self.caller.ask("POST", "/tenants", new)["id"], new["name"]

    def closed_tenant(self):
        """The id of another workspace, which waits for its deletion."""
        id, name = self.second_tenant()
        self.caller.ask("POST", f"/tenants/{id}/deletion", {"name": name})
        return id

    def without_workspace(self):
        """Nobody closes an account who leaves a workspace without an owner."""
        self.caller.ask("POST", f"/tenants/{self.tenant}/deletion", {"name": self.caller.get("/tenant")["name"]})
        return self.caller

    def heir(self):
        """The address and the user id of a member whom the workspace may be offered to; it is offered to nobody."""
        if self.caller.get("/ownership-offer")["offer"]:
            self.caller.ask("DELETE", "/ownership-offer")
        return joined(self.caller)

    def offered(self):
        """The address of the member whom the workspace is offered to."""
        email, id = self.heir()
        self.caller.ask("POST", "/ownership-offer", {"user_id": id})
        return email

    def administers(self):
        """An administrator of the instance."""
        statement(f"UPDATE directory.users SET is_platform_admin = true WHERE email = '{self.caller.email}'")
        return self.caller

    def export(self):
        """The id of an export that is ready. One has five a day."""
        asked = self.caller.get("/me/exports")["items"] or [self.caller.ask("POST", "/me/exports")]
        until = time.monotonic() + 30
        while time.monotonic() < until:
            export = self.caller.first("/me/exports", id=asked[0]["id"])
            if export["status"] == "ready":
                return export["id"]
            time.sleep(0.1)
        raise RuntimeError(f"the export is {export['status']}")

    def audit_export(self):
        """The id of an export of the trail; one is made at a time."""
        asked = self.caller.get("/audit-exports")["items"]
        if not asked:
            asked = [self.caller.ask("POST", "/audit-exports", {})]
        until = time.monotonic() + 30
        while time.monotonic() < until:
            export = self.caller.first("/audit-exports", id=asked[0]["id"])
            if export["status"] == "ready":
                return export["id"]
            time.sleep(0.1)
        raise RuntimeError(f"the export of the trail is {export['status']}")

    def plain(self):
        """Without an authenticator app."""
        if self.caller.get("/me/second-factors")["totp"]:
            self.caller.ask("DELETE", "/me/totp")
        return self.caller

    def with_app(self):
        """With an authenticator app. Its codes count once in half a minute, so what needs one takes a recovery code."""
        if not self.caller.get("/me/second-factors")["totp"]:
            secret = self.caller.ask("POST", "/me/totp")["secret"]
            self.caller.ask("POST", "/me/totp/confirmation", {"code": totp(secret)})
        return self.caller

    def waiting(self):
        """The token of a sign-in that waits for its second factor."""
        return visitor.ask("POST", "/sessions", {"email": self.caller.email, "password": self.caller.password})["token"]

    def key(self):
        """The only passkey, and its id."""
        for known in self.caller.get("/me/second-factors")["passkeys"]:
            self.caller.ask("DELETE", f"/me/passkeys/{known['id']}")
        key, options = SecurityKey(ORIGIN), self.caller.ask("POST", "/me/passkeys/options")
        made = {"token": options["token"], "name": "Key", "credential": key.create(options["public_key"])}
        return key, self.caller.ask("POST", "/me/passkeys", made)["id"]


def second_factor():
    person = spare("POST /api/v1/sessions/second-factor")
    codes = person.with_app().ask("POST", "/me/recovery-codes")["recovery_codes"]
    return body(token=person.waiting(), proof={"method": "recovery_code", "code": codes[0]})


def confirmation():
    person = spare("POST /api/v1/me/totp/confirmation").plain()
    return body(code=totp(person.ask("POST", "/me/totp")["secret"]))


def come_back(who):
    """A browser at the end of its way through the provider: its cookie, and what it brings."""
    begun = visitor.ask("POST", "/sessions/provider/options", {"provider": "company", "intent": "sign_in"}, raw=True)
    back = requests.get(begun.json()["url"], params={"who": who}, timeout=30).json()
    return begun.cookies["atrium_provider"], {"provider": "company", **back}


def from_provider():
    token, answer = come_back(f"known{number()}")
    return {"cookies": {"atrium_provider": token}} | body(**answer)


def identity_token():
    """Of somebody whom nobody here is known to be."""
    token, answer = come_back(f"new{number()}")
    returned = requests.post(BASE + "/sessions/provider", json=answer, cookies={"atrium_provider": token}, timeout=30)
    return returned.json()["identity"]["token"]


def identity():
    """The id of a linked identity, of somebody with a password."""
    caller = spare("DELETE /api/v1/me/identities/{id}").caller
    caller.ask("POST", "/me/identities", {"token": identity_token()})
    return caller.get("/me/identities")["linked"][-1]["id"]


def company_provider(caller):
    """One of a workspace's own, and where it is."""
    for known in caller.get("/tenant/sign-in-providers")["items"]:
        if known["name"] == "Company":
            return known["id"]
    there = visitor.ask("POST", "/sessions/provider/options", {"provider": "company", "intent": "sign_in"})["url"]
    issuer = there.split("/authorize")[0]
    made = {"name": "Company", "issuer": issuer, "client_id": "atrium", "admits": "members", "is_enabled": True}
    return caller.fresh().ask("POST", "/tenant/sign-in-providers", made)["id"]


def new_provider():
    return {"name": f"Staff {number()}", "issuer": "https://id.schemathesis.example", "client_id": "atrium", "admits": "members", "is_enabled": True}


def provider_to_remove():
    return owner.fresh().ask("POST", "/tenant/sign-in-providers", new_provider())["id"]


def company_identity():
    """Of somebody who linked it in a workspace of his or her own."""
    caller = spare("DELETE /api/v1/me/company-identities/{id}").caller
    provider, slug = company_provider(caller), caller.get("/tenant")["slug"]
    choice = {"provider": provider, "workspace": slug, "intent": "link"}
    begun = caller.ask("POST", "/sessions/provider/options", choice, raw=True)
    back = requests.get(begun.json()["url"], params={"who": f"member{number()}"}, timeout=30).json()
    cookies = {COOKIE: caller.token, "atrium_provider": begun.cookies["atrium_provider"]}
    requests.post(BASE + "/sessions/provider", json={"provider": provider, **back}, cookies=cookies, timeout=30).raise_for_status()
    return provider


def company_page():
    company_provider(owner)
    return owner.get("/tenant")["slug"]


def domain():
    """Few stay: a workspace has at most twenty."""
    for known in owner.get("/tenant/domains")["items"][10:]:
        owner.fresh().ask("DELETE", f"/tenant/domains/{known['id']}")
    return owner.fresh().ask("POST", "/tenant/domains", {"domain": f"d{number()}.schemathesis.example"})


def domain_proof():
    added = domain()
    owner.ask("POST", f"/tenant/domains/{added['id']}/mails", {"mailbox": "admin"})
    until = time.monotonic() + 15
    while time.monotonic() < until:
        for mail in owner.get(f"/mails?q=admin@{added['domain']}")["items"]:
            found = re.search(r"\b[A-Z2-7]{4}-[A-Z2-7]{4}\b", owner.get(f"/mails/{mail['id']}")["text"])
            if found:
                return path(id=added["id"]) | body(code=found.group(0))
        time.sleep(0.1)
    raise RuntimeError(f"no code for {added['domain']}")


def mail_link():
    """A link in its mail, and the cookie of the browser that asked."""
    email = founder().email
    asked = visitor.ask("POST", "/sessions/mail-link/requests", {"email": email}, raw=True)
    return {"cookies": {"atrium_mail_link": asked.cookies["atrium_mail_link"]}} | body(token=mailed_token(email, "/sign-in/link"))


def passkey():
    person = spare("POST /api/v1/me/passkeys")
    person.key()
    options = person.caller.ask("POST", "/me/passkeys/options")
    return body(token=options["token"], name="Key", credential=SecurityKey(ORIGIN).create(options["public_key"]))


def passkey_sign_in():
    key, _ = spare("POST /api/v1/sessions/passkey").key()
    options = visitor.ask("POST", "/sessions/passkey/options")
    return body(token=options["token"], credential=key.get(options["public_key"]))


def waiting_with_key():
    person = spare("POST /api/v1/sessions/second-factor/options")
    person.key()
    return body(token=person.waiting())


def with_key(operation):
    spare(operation).key()
    return {}


def with_app(operation):
    spare(operation).with_app()
    return {}


def with_email_change(operation):
    spare(operation).caller.ask("POST", "/me/email-change", {"email": address("moved")})
    return {}


def with_export(operation):
    spare(operation).export()
    return {}


def lease():
    """What the demo's workspace lends the instance's support."""
    return owner.fresh().ask("POST", "/support-leases", {"reason": "Help"})["id"]


def lease_request():
    """One that waits for its answer: somebody has one at a time in a workspace."""
    for item in owner.get(f"/admin/support-leases?tenant_id={tenant()}")["items"]:
        if item["lease"]["status"] == "requested":
            return item["lease"]["id"]
    return owner.ask("POST", f"/admin/tenants/{tenant()}/support-leases", {"reason": "Help"})["lease"]["id"]


def to_enter():
    spare("POST /api/v1/session/lease").administers()
    return body(lease_id=lease())


def entered():
    caller = spare("DELETE /api/v1/session/lease").administers()
    caller.sign_in()
    caller.token = caller.ask("POST", "/session/lease", {"lease_id": lease()}, raw=True).cookies[COOKIE]
    return {}


def with_offer(operation):
    spare(operation).offered()
    return {}


def acceptance():
    """Asked by the member of another workspace whom it is offered to."""
    person = anew("PUT /api/v1/ownership-offer/acceptance")
    person.caller = Caller(person.offered())
    return {}


def deletion():
    id, name = spare("POST /api/v1/tenants/{id}/deletion").second_tenant()
    return path(id=id) | body(name=name)


def closure():
    return body(email=anew("POST /api/v1/me/closure").without_workspace().email)


def verification():
    return body(method="password", password=spare("POST /api/v1/session/verification").plain().password)


# operation = its spare, once it has been asked for
_spares = {}
_making = threading.Lock()


def spare(operation):
    with _making:
        if operation not in _spares:
            _spares[operation] = Spare()
        return _spares[operation]


def anew(operation):
    """Another spare for that operation: what it asked has used up the last one."""
    with _making:
        _spares.pop(operation, None)
    return spare(operation)


def path(**parameters):
    return {"path_parameters": {name: str(value) for name, value in parameters.items()}}


def body(**fields):
    return {"body": fields, "media_type": "application/json"}


def nothing():
    return {}


def mail_server():
    return {"host": "mail.schemathesis.example", "port": 587, "security": "starttls", "from_address": "hello@schemathesis.example", "from_name": "Hello"}


def plan():
    return {"name": f"Plan {number()}", "price_minor": 1900, "currency": "EUR", "interval": "month"}


def made_plan():
    return owner.fresh().ask("POST", "/admin/plans", plan())["id"]


def site():
    return owner.ask("POST", "/custom-domains", {"domain": f"book{number()}.schemathesis.example"})["id"]


def with_audit_export(operation):
    spare(operation).audit_export()
    return {}


def with_mail_server(operation):
    spare(operation).caller.ask("PUT", "/mail-settings", mail_server(), ANY_VERSION)
    return {}


PUBLIC = "/api/v1/public/organizers/{slug}/event-types/{event_slug}"
PUBLIC_BOOKING = "/api/v1/public/bookings/{token}"

# operation = a function that makes what it needs and answers a request that must be answered 2xx
REQUESTS = {
    "POST /api/v1/account-restorations": lambda: body(token=closed_account_token()),
    "GET /api/v1/admin/erasures": erased_user,
    "GET /api/v1/admin/health": nothing,
    "GET /api/v1/admin/support-leases": nothing,
    "POST /api/v1/admin/tenants/{id}/support-leases": lambda: path(id=workspace()) | body(reason="Help"),
    "GET /api/v1/admin/tenants": lambda: {"query": {"q": "brightside", "status": "active"}},
    "GET /api/v1/admin/tenants/{id}": lambda: path(id=suspended_workspace()),
    "PUT /api/v1/admin/tenants/{id}/features": lambda: path(id=workspace()) | body(public_pages=False),
    "PUT /api/v1/admin/tenants/{id}/suspension": lambda: path(id=workspace()) | body(reason="Spam"),
    "DELETE /api/v1/admin/tenants/{id}/suspension": lambda: path(id=suspended_workspace()),
    "PUT /api/v1/admin/tenants/{id}/trial": lambda: path(id=workspace()) | body(ends_at="2031-10-01T00:00:00Z"),
    "PUT /api/v1/admin/tenants/{id}/subscription": lambda: path(id=workspace()) | body(status="active") | {"headers": ANY_VERSION},
    "GET /api/v1/admin/plans": nothing,
    "POST /api/v1/admin/plans": lambda: body(**plan()),
    "PUT /api/v1/admin/plans/{id}": lambda: path(id=made_plan()) | body(**plan()) | {"headers": ANY_VERSION},
    "DELETE /api/v1/admin/plans/{id}": lambda: path(id=made_plan()) | {"headers": ANY_VERSION},
    "GET /api/v1/admin/user-lookup": lambda: {"query": {"email": OWNER_EMAIL}},
    "GET /api/v1/admin/users/{id}": lambda: path(id=user()),
    "PUT /api/v1/admin/users/{id}/status": lambda: path(id=user()) | body(status="suspended", reason="Spam"),
    "GET /api/v1/audit-chain": nothing,
    "GET /api/v1/audit-events": nothing,
    "GET /api/v1/audit-exports": lambda: with_audit_export("GET /api/v1/audit-exports"),
    "POST /api/v1/audit-exports": lambda: with_audit_export("POST /api/v1/audit-exports") | body(),
    "GET /api/v1/audit-exports/{id}/content": lambda: path(id=spare("GET /api/v1/audit-exports/{id}/content").audit_export()),
    "GET /api/v1/bookings": lambda: {"query": {"view": "upcoming"}},
    "POST /api/v1/bookings": lambda: body(
        event_type_id=owner.first("/event-types?active=true", slug="intro-call")["id"],
        invitee_name="Vera Visitor",
        invitee_email=address("vera"),
        invitee_timezone="Europe/Rome",
        start=free_start(),
    ),
    "GET /api/v1/bookings/{id}": lambda: path(id=booking()),
    "GET /api/v1/bookings/{id}/calendar-file": lambda: path(id=booking()),
    "POST /api/v1/bookings/{id}/cancellation": lambda: path(id=booking()) | body(reason="Ill"),
    "POST /api/v1/bookings/{id}/confirmation": lambda: path(id=booking("studio-visit")),
    "GET /api/v1/bookings/{id}/history": lambda: path(id=booking()),
    "PUT /api/v1/bookings/{id}/no-show": lambda: path(id=past_booking()),
    "DELETE /api/v1/bookings/{id}/no-show": lambda: path(id=missed_booking()),
    "POST /api/v1/bookings/{id}/reassignments": lambda: path(id=booking()) | body(organizer_id=colleague()),
    "POST /api/v1/bookings/{id}/refusal": lambda: path(id=booking("studio-visit")) | body(reason="Away"),
    "POST /api/v1/bookings/{id}/reschedulings": lambda: path(id=booking()) | body(start=free_start()),
    "POST /api/v1/bookings/{id}/restoration": lambda: path(id=cancelled_booking()),
    "GET /api/v1/contacts": nothing,
    "POST /api/v1/contacts": lambda: body(name="Ingrid", kind="person", email=address("ingrid")),
    "GET /api/v1/contacts/{id}": lambda: path(id=contact()),
    "DELETE /api/v1/contacts/{id}": lambda: path(id=contact()) | {"headers": ANY_VERSION},
    "PATCH /api/v1/contacts/{id}": lambda: path(id=contact()) | {"headers": ANY_VERSION} | body(notes="Called back."),
    "POST /api/v1/email-confirmations": lambda: body(token=email_change_token()),
    "POST /api/v1/email-verification-requests": lambda: body(email=registered()),
    "POST /api/v1/email-verifications": lambda: body(token=mailed_token(registered(), "/verify-email"), password=PASSWORD),
    "GET /api/v1/custom-domains": nothing,
    "POST /api/v1/custom-domains": lambda: body(domain=f"book{number()}.schemathesis.example"),
    "DELETE /api/v1/custom-domains/{id}": lambda: path(id=site()),
    "POST /api/v1/custom-domains/{id}/checks": lambda: path(id=site()),
    "GET /api/v1/event-types": nothing,
    "POST /api/v1/event-types": lambda: body(name=f"Talk {number()}", duration_minutes=45, location_type="video"),
    "PUT /api/v1/event-types/order": lambda: body(ids=[item["id"] for item in owner.get("/event-types?limit=100")["items"] if item["owner_id"] == owner.get("/me")["id"]]),
    "GET /api/v1/event-types/{id}": lambda: path(id=event_type()),
    "DELETE /api/v1/event-types/{id}": lambda: path(id=event_type()) | {"headers": ANY_VERSION},
    "PATCH /api/v1/event-types/{id}": lambda: path(id=event_type()) | {"headers": ANY_VERSION} | body(description="Half an hour.", questions=[{"label": "Topic", "kind": "select", "options": ["Roof", "Walls"]}]),
    "POST /api/v1/event-types/{id}/copies": lambda: path(id=event_type()),
    "GET /api/v1/event-types/{id}/slots": lambda: path(id=event_type()) | {"query": window()},
    "GET /api/v1/failed-jobs": nothing,
    "DELETE /api/v1/failed-jobs/{id}": lambda: path(id=failed_job()),
    "POST /api/v1/failed-jobs/{id}/retries": lambda: path(id=failed_job()),
    "POST /api/v1/files": lambda: {"body": {"file": b"a note"}, "media_type": "multipart/form-data"},
    "GET /api/v1/files/{id}": lambda: path(id=file()),
    "DELETE /api/v1/files/{id}": lambda: path(id=file()),
    "GET /api/v1/home": nothing,
    "POST /api/v1/invitation-acceptances": lambda: body(token=invitation_token(), name="New Member", password=PASSWORD),
    "POST /api/v1/invitation-lookups": lambda: body(token=invitation_token()),
    "POST /api/v1/invitation-refusals": lambda: body(token=invitation_token()),
    "GET /api/v1/invitations": nothing,
    "POST /api/v1/invitations": lambda: body(email=address("invited"), role_id=role("viewer")),
    "DELETE /api/v1/invitations/{id}": lambda: path(id=invited()[0]),
    "POST /api/v1/invitations/{id}/sendings": lambda: path(id=invited()[0]),
    "GET /api/v1/job-batches": nothing,
    "DELETE /api/v1/job-batches/{id}": lambda: path(id=job_batch()),
    "GET /api/v1/mail-settings": lambda: with_mail_server("GET /api/v1/mail-settings"),
    "PUT /api/v1/mail-settings": lambda: {"headers": ANY_VERSION} | body(**mail_server()),
    "DELETE /api/v1/mail-settings": lambda: with_mail_server("DELETE /api/v1/mail-settings"),
    "GET /api/v1/mails": nothing,
    "GET /api/v1/mails/{id}": lambda: path(id=owner.first("/mails", can_open=True)["id"]),
    "GET /api/v1/me": nothing,
    "PATCH /api/v1/me": lambda: {"headers": ANY_VERSION} | body(work_days=["mon", "tue"]),
    "PUT /api/v1/me/avatar": lambda: {"body": {"file": PIXEL}, "media_type": "multipart/form-data"},
    "DELETE /api/v1/me/avatar": lambda: with_picture("DELETE /api/v1/me/avatar"),
    "POST /api/v1/me/closure": closure,
    "GET /api/v1/me/consents": nothing,
    "GET /api/v1/me/email-change": lambda: with_email_change("GET /api/v1/me/email-change"),
    "POST /api/v1/me/email-change": lambda: body(email=address("moved")),
    "DELETE /api/v1/me/email-change": lambda: with_email_change("DELETE /api/v1/me/email-change"),
    "GET /api/v1/me/exports": lambda: with_export("GET /api/v1/me/exports"),
    "POST /api/v1/me/exports": nothing,
    "GET /api/v1/me/exports/{id}/content": lambda: path(id=spare("GET /api/v1/me/exports/{id}/content").export()),
    "PUT /api/v1/me/password": lambda: body(current_password=spare("PUT /api/v1/me/password").caller.password, new_password=f"correct horse {number()}"),
    "GET /api/v1/members": nothing,
    "GET /api/v1/members/{user_id}": lambda: path(user_id=member()),
    "DELETE /api/v1/members/{user_id}": lambda: path(user_id=member()) | {"headers": ANY_VERSION},
    "PATCH /api/v1/members/{user_id}": lambda: path(user_id=member()) | {"headers": ANY_VERSION} | body(role_ids=[role("editor")]),
    "GET /api/v1/members/{user_id}/permissions": lambda: path(user_id=member()),
    "GET /api/v1/notification-preferences": nothing,
    "PUT /api/v1/notification-preferences": lambda: {"headers": ANY_VERSION} | body(**preferences()),
    "POST /api/v1/notification-readings": lambda: body(ids=[notification()]),
    "GET /api/v1/notifications": lambda: {"query": {"unread": True, "group": "bookings"}},
    "GET /api/v1/notifications/unread": nothing,
    "PUT /api/v1/notifications/{id}/reading": lambda: path(id=notification()),
    "DELETE /api/v1/notifications/{id}/reading": lambda: path(id=notification()),
    "GET /api/v1/organizer": nothing,
    "PUT /api/v1/organizer": lambda: {"headers": ANY_VERSION} | body(slug="ana-jansen", display_name="Ana Jansen", timezone="Europe/Amsterdam"),
    "GET /api/v1/organizers": nothing,
    "GET /api/v1/ownership-offer": lambda: with_offer("GET /api/v1/ownership-offer"),
    "POST /api/v1/ownership-offer": lambda: body(user_id=spare("POST /api/v1/ownership-offer").heir()[1]),
    "DELETE /api/v1/ownership-offer": lambda: with_offer("DELETE /api/v1/ownership-offer"),
    "PUT /api/v1/ownership-offer/acceptance": acceptance,
    "POST /api/v1/password-resets": lambda: body(email=OWNER_EMAIL),
    "PUT /api/v1/password-resets": lambda: body(token=reset_token(), password=PASSWORD),
    "GET /api/v1/permission-holders": lambda: {"query": {"permission": "contacts:read"}},
    "GET /api/v1/permissions": nothing,
    "POST /api/v1/privacy/contacts/{id}/data-export": lambda: path(id=contact()),
    "POST /api/v1/privacy/contacts/{id}/erasure": lambda: path(id=contact()) | body(name="Northwind"),
    "GET /api/v1/privacy/erasures": erased_contact,
    f"GET {PUBLIC_BOOKING}": lambda: path(token=booked()[0]),
    f"GET {PUBLIC_BOOKING}/calendar-file": lambda: path(token=booked()[0]),
    f"POST {PUBLIC_BOOKING}/cancellation": lambda: path(token=booked()[0]) | body(reason="Ill"),
    f"POST {PUBLIC_BOOKING}/reschedulings": lambda: path(token=booked()[0]) | body(start=free_start()),
    "GET /api/v1/public/organizers/{slug}": lambda: path(slug="ana-jansen"),
    f"GET {PUBLIC}": lambda: path(slug="ana-jansen", event_slug="intro-call"),
    f"POST {PUBLIC}/bookings": lambda: path(slug="ana-jansen", event_slug="intro-call") | body(**public_booking()),
    f"GET {PUBLIC}/slots": lambda: path(slug="ana-jansen", event_slug="intro-call") | {"query": window()},
    "GET /api/v1/public/pictures/{id}": lambda: path(id=picture()),
    "POST /api/v1/registrations": lambda: body(**registration()),
    "GET /api/v1/roles": nothing,
    "POST /api/v1/roles": lambda: body(name=f"Role {number()}", permissions=[{"codename": "contacts:read", "scope": "own"}]),
    "GET /api/v1/roles/{id}": lambda: path(id=own_role()),
    "PUT /api/v1/roles/{id}": lambda: path(id=own_role()) | {"headers": ANY_VERSION} | body(name=f"Role {number()}", permissions=[]),
    "DELETE /api/v1/roles/{id}": lambda: path(id=own_role()) | {"headers": ANY_VERSION},
    "GET /api/v1/blocked-times": nothing,
    "POST /api/v1/blocked-times": lambda: body(**blocked_time_body()),
    "GET /api/v1/blocked-times/{id}": lambda: path(id=blocked_time()),
    "PUT /api/v1/blocked-times/{id}": lambda: path(id=blocked_time()) | {"headers": ANY_VERSION} | body(**blocked_time_body()),
    "DELETE /api/v1/blocked-times/{id}": lambda: path(id=blocked_time()) | {"headers": ANY_VERSION},
    "GET /api/v1/schedules": nothing,
    "POST /api/v1/schedules": lambda: body(**schedule_body()),
    "GET /api/v1/schedules/{id}": lambda: path(id=schedule()),
    "PUT /api/v1/schedules/{id}": lambda: path(id=schedule()) | {"headers": ANY_VERSION} | body(**schedule_body()),
    "DELETE /api/v1/schedules/{id}": lambda: path(id=schedule()) | {"headers": ANY_VERSION},
    "GET /api/v1/security-events": nothing,
    "GET /api/v1/search": lambda: {"query": {"q": "sofia"}},
    "GET /api/v1/session": nothing,
    "DELETE /api/v1/session": nothing,
    "POST /api/v1/session/lease": to_enter,
    "DELETE /api/v1/session/lease": entered,
    "GET /api/v1/support-leases": nothing,
    "POST /api/v1/support-leases": lambda: body(reason="Help", permissions=["bookings:read"]),
    "PUT /api/v1/support-leases/{id}/grant": lambda: path(id=lease_request()) | body(reason="Help"),
    "DELETE /api/v1/support-leases/{id}": lambda: path(id=lease()),
    "POST /api/v1/session/tenant": lambda: body(tenant_id=spare("POST /api/v1/session/tenant").tenant),
    "GET /api/v1/access-tokens": nothing,
    "POST /api/v1/access-tokens": lambda: body(name=f"Script {number()}", scopes=["contacts:read"]),
    "DELETE /api/v1/access-tokens/{id}": lambda: path(id=spare("DELETE /api/v1/access-tokens/{id}").access_token()),
    "GET /api/v1/member-access-tokens": nothing,
    "DELETE /api/v1/member-access-tokens/{id}": lambda: path(id=spare("DELETE /api/v1/member-access-tokens/{id}").access_token()),
    "GET /api/v1/oauth-clients": nothing,
    "GET /api/v1/messages": nothing,
    "GET /api/v1/messages/{id}": lambda: path(id=message()),
    "POST /api/v1/messages/{id}/retries": lambda: path(id=message()),
    "GET /api/v1/sms-settings": lambda: with_sms() and nothing(),
    "PUT /api/v1/sms-settings": lambda: {"headers": ANY_VERSION} | body(**SMS),
    "DELETE /api/v1/sms-settings": with_sms,
    "GET /api/v1/suppressions": nothing,
    "POST /api/v1/suppressions": lambda: body(channel="email", recipient=f"n{number()}@example.com"),
    "DELETE /api/v1/suppressions/{id}": lambda: path(id=suppression()),
    "GET /api/v1/message-templates": nothing,
    "POST /api/v1/message-templates": new_template,
    "GET /api/v1/message-templates/{id}": lambda: path(id=message_template()),
    "PATCH /api/v1/message-templates/{id}": lambda: path(id=message_template()) | {"headers": ANY_VERSION} | body(subject="Changed"),
    "DELETE /api/v1/message-templates/{id}": lambda: path(id=message_template()) | {"headers": ANY_VERSION},
    "GET /api/v1/message-template-defaults": lambda: {"query": {"kind": "booking_declined", "audience": "invitee", "language": "en"}},
    "POST /api/v1/message-template-previews": draft,
    "POST /api/v1/message-template-tests": draft,
    "POST /api/v1/webhook-endpoints": lambda: webhook() and body(url="https://hooks.invalid/atrium"),
    "POST /api/v1/workflows": lambda: workflow() and body(name="Flow", trigger="contact.created"),
    "GET /api/v1/workflows/{id}": lambda: path(id=workflow()),
    "PATCH /api/v1/workflows/{id}": lambda: path(id=workflow()) | {"headers": ANY_VERSION} | body(name="Changed"),
    "DELETE /api/v1/workflows/{id}": lambda: path(id=workflow()) | {"headers": ANY_VERSION},
    "GET /api/v1/workflows/{id}/samples": lambda: path(id=workflow()),
    "GET /api/v1/workflows/{id}/executions": lambda: path(id=workflow()),
    "POST /api/v1/workflows/{id}/tests": lambda: path(id=workflow()) | body(subject_id=contact()),
    "GET /api/v1/workflow-executions/{id}": lambda: path(id=workflow_execution("succeeded")),
    "POST /api/v1/workflow-executions/{id}/cancellations": lambda: path(id=workflow_execution("pending")),
    "POST /api/v1/workflow-executions/{id}/repetitions": lambda: path(id=workflow_execution("succeeded")),
    "GET /api/v1/webhook-endpoints/{id}": lambda: path(id=webhook()),
    "DELETE /api/v1/webhook-endpoints/{id}": lambda: path(id=webhook()) | {"headers": ANY_VERSION},
    "PATCH /api/v1/webhook-endpoints/{id}": lambda: path(id=webhook()) | {"headers": ANY_VERSION} | body(description="Changed"),
    "POST /api/v1/webhook-endpoints/{id}/secrets": lambda: path(id=webhook()),
    "POST /api/v1/webhook-endpoints/{id}/tests": lambda: path(id=webhook()),
    "GET /api/v1/webhook-endpoints/{id}/deliveries": lambda: path(id=webhook()),
    "POST /api/v1/webhook-endpoints/{id}/replays": lambda: path(id=webhook()) | body(since="2026-01-01T00:00:00Z"),
    "GET /api/v1/webhook-deliveries/{id}": lambda: path(id=webhook_delivery()),
    "POST /api/v1/webhook-deliveries/{id}/replays": lambda: path(id=webhook_delivery()),
    "POST /api/v1/oauth-clients": lambda: body(**oauth_client_body()),
    "GET /api/v1/oauth-clients/{id}": lambda: path(id=oauth_client()),
    "DELETE /api/v1/oauth-clients/{id}": lambda: path(id=oauth_client()) | {"headers": ANY_VERSION},
    "PATCH /api/v1/oauth-clients/{id}": lambda: path(id=oauth_client()) | {"headers": ANY_VERSION} | body(name="Notes for all"),
    "POST /api/v1/oauth-clients/{id}/secrets": lambda: path(id=oauth_client()),
    "GET /api/v1/instance/oauth-clients": nothing,
    "POST /api/v1/instance/oauth-clients": lambda: body(**oauth_client_body()),
    "GET /api/v1/instance/oauth-clients/{id}": lambda: path(id=oauth_client("/instance")),
    "DELETE /api/v1/instance/oauth-clients/{id}": lambda: path(id=oauth_client("/instance")) | {"headers": ANY_VERSION},
    "PATCH /api/v1/instance/oauth-clients/{id}": lambda: path(id=oauth_client("/instance")) | {"headers": ANY_VERSION} | body(name="Notes for all"),
    "POST /api/v1/instance/oauth-clients/{id}/secrets": lambda: path(id=oauth_client("/instance")),
    "POST /api/v1/oauth-authorization-lookups": lambda: body(request=authorization_request()),
    "POST /api/v1/oauth-authorizations": lambda: body(request=authorization_request(), allowed=True, tenant_id=tenant()),
    "POST /api/v1/oauth-device-lookups": lambda: body(user_code=device_code()),
    "POST /api/v1/oauth-device-authorizations": lambda: body(request=device_code(), allowed=False),
    "GET /api/v1/oauth-consents": nothing,
    "DELETE /api/v1/oauth-consents/{id}": lambda: path(id=oauth_consent()),
    "PUT /api/v1/oauth-consents/{id}/scopes": lambda: path(id=oauth_consent()) | body(scopes=["openid"]),
    "GET /api/v1/me/second-factors": nothing,
    "POST /api/v1/me/totp": lambda: spare("POST /api/v1/me/totp").plain() and {},
    "DELETE /api/v1/me/totp": lambda: with_app("DELETE /api/v1/me/totp"),
    "POST /api/v1/me/totp/confirmation": confirmation,
    "POST /api/v1/me/recovery-codes": lambda: with_app("POST /api/v1/me/recovery-codes"),
    "POST /api/v1/me/passkeys": passkey,
    "POST /api/v1/me/passkeys/options": lambda: with_key("POST /api/v1/me/passkeys/options"),
    "PATCH /api/v1/me/passkeys/{id}": lambda: path(id=spare("PATCH /api/v1/me/passkeys/{id}").key()[1]) | body(name="Old key"),
    "DELETE /api/v1/me/passkeys/{id}": lambda: path(id=spare("DELETE /api/v1/me/passkeys/{id}").key()[1]),
    "POST /api/v1/sessions/second-factor": second_factor,
    "POST /api/v1/sessions/second-factor/options": waiting_with_key,
    "GET /api/v1/sign-in-options": nothing,
    "POST /api/v1/sessions/provider/options": lambda: body(provider="company", intent="sign_in"),
    "POST /api/v1/sessions/provider": from_provider,
    "POST /api/v1/registrations/provider": lambda: body(
        token=identity_token(), name="Somebody", tenant_name=f"Company {number()}", timezone="Europe/Lisbon", locale="en"
    ),
    "GET /api/v1/me/identities": nothing,
    "POST /api/v1/me/identities": lambda: body(token=identity_token()),
    "DELETE /api/v1/me/identities/{id}": lambda: path(id=identity()),
    "POST /api/v1/sessions/mail-link/requests": lambda: body(email=OWNER_EMAIL),
    "POST /api/v1/sessions/mail-link": mail_link,
    "POST /api/v1/sessions/passkey": passkey_sign_in,
    "POST /api/v1/sessions/passkey/options": nothing,
    "POST /api/v1/session/verification": verification,
    "POST /api/v1/session/verification/options": lambda: with_key("POST /api/v1/session/verification/options"),
    "GET /api/v1/tenant/subscription": nothing,
    "GET /api/v1/me/sign-ins": nothing,
    "GET /api/v1/me/security-events": nothing,
    "GET /api/v1/sign-ins": nothing,
    "GET /api/v1/admin/sign-ins": nothing,
    "GET /api/v1/workflows": nothing,
    "GET /api/v1/workflow-options": nothing,
    "GET /api/v1/workflow-templates": nothing,
    "GET /api/v1/webhook-endpoints": nothing,
    "GET /api/v1/webhook-event-kinds": nothing,
    "GET /api/v1/me/company-identities": nothing,
    "DELETE /api/v1/me/company-identities/{id}": lambda: path(id=company_identity()),
    "GET /api/v1/sign-in-options/{slug}": lambda: path(slug=company_page()),
    "POST /api/v1/sign-in-options/lookups": lambda: body(email=OWNER_EMAIL),
    "GET /api/v1/tenant/sign-in-providers": nothing,
    "POST /api/v1/tenant/sign-in-providers": lambda: body(**new_provider()),
    "PUT /api/v1/tenant/sign-in-providers/{id}": lambda: {"headers": ANY_VERSION} | path(id=provider_to_remove()) | body(**new_provider()),
    "DELETE /api/v1/tenant/sign-in-providers/{id}": lambda: {"headers": ANY_VERSION} | path(id=provider_to_remove()),
    "POST /api/v1/tenant/sign-in-providers/{id}/checks": lambda: path(id=company_provider(owner)),
    "GET /api/v1/tenant/domains": nothing,
    "POST /api/v1/tenant/domains": lambda: body(domain=f"n{number()}.schemathesis.example"),
    "POST /api/v1/tenant/domains/{id}/mails": lambda: path(id=domain()["id"]) | body(mailbox="admin"),
    "POST /api/v1/tenant/domains/{id}/proof": domain_proof,
    "DELETE /api/v1/tenant/domains/{id}": lambda: path(id=domain()["id"]),
    "GET /api/v1/tenant/security-policy": nothing,
    "PUT /api/v1/tenant/security-policy": lambda: {"headers": ANY_VERSION} | body(session={"max_concurrent": 9}),
    "POST /api/v1/tenant/security-policy/simulations": lambda: body(two_factor={"required": True}),
    "GET /api/v1/sessions": nothing,
    "POST /api/v1/sessions": lambda: body(email=OWNER_EMAIL, password=PASSWORD),
    "DELETE /api/v1/sessions": nothing,
    "DELETE /api/v1/sessions/{id}": lambda: path(id=spare("DELETE /api/v1/sessions/{id}").other_session()),
    "GET /api/v1/audit-archives": nothing,
    "GET /api/v1/retention-policy": nothing,
    "PUT /api/v1/retention-policy": lambda: {"headers": ANY_VERSION} | body(notifications=60),
    "POST /api/v1/retention-policy/simulations": lambda: body(notifications=60),
    "GET /api/v1/tenant": nothing,
    "PATCH /api/v1/tenant": lambda: {"headers": ANY_VERSION} | body(currency="EUR"),
    "PUT /api/v1/tenant/logo": lambda: {"body": {"file": PIXEL}, "media_type": "multipart/form-data"},
    "DELETE /api/v1/tenant/logo": lambda: with_picture("DELETE /api/v1/tenant/logo"),
    "POST /api/v1/tenants": lambda: body(name=f"Second {number()}", timezone="Europe/Lisbon"),
    "POST /api/v1/tenants/{id}/deletion": deletion,
    "DELETE /api/v1/tenants/{id}/deletion": lambda: path(id=spare("DELETE /api/v1/tenants/{id}/deletion").closed_tenant()),
}

# What leaves the session of its spare as it is, who by then may need more than a password to sign in.
KEEPS_THE_SESSION = re.compile(r"^[A-Z]+ /api/v1/(me/(totp|recovery-codes|passkeys|identities)|session/verification/options)")

# What stops others: it is asked for those who were made for it, and for nobody else that the generator has read of.
STOPS_OTHERS = re.compile(r"^(?:PUT|DELETE) /api/v1/admin/(tenants|users)/")

# What its spare does once: the next request has another one.
ENDS_ITS_SPARE = {"POST /api/v1/me/closure"}

# What is asked by spares.
OF_SPARES = {
    # One has fifty at most.
    "POST /api/v1/access-tokens",
    "DELETE /api/v1/access-tokens/{id}",
    "DELETE /api/v1/member-access-tokens/{id}",
    "DELETE /api/v1/session",
    "GET /api/v1/sessions",
    "DELETE /api/v1/sessions",
    "DELETE /api/v1/sessions/{id}",
    "POST /api/v1/session/tenant",
    "POST /api/v1/session/lease",
    "DELETE /api/v1/session/lease",
    "POST /api/v1/me/totp",
    "DELETE /api/v1/me/totp",
    "POST /api/v1/me/totp/confirmation",
    "POST /api/v1/me/recovery-codes",
    "POST /api/v1/me/passkeys",
    "POST /api/v1/me/identities",
    "DELETE /api/v1/me/identities/{id}",
    "DELETE /api/v1/me/company-identities/{id}",
    "POST /api/v1/me/passkeys/options",
    "PATCH /api/v1/me/passkeys/{id}",
    "DELETE /api/v1/me/passkeys/{id}",
    "POST /api/v1/session/verification",
    "POST /api/v1/session/verification/options",
    "PUT /api/v1/tenant/security-policy",
    "PUT /api/v1/me/password",
    "PATCH /api/v1/me",
    "PUT /api/v1/me/avatar",
    "DELETE /api/v1/me/avatar",
    "POST /api/v1/me/closure",
    "GET /api/v1/me/email-change",
    "POST /api/v1/me/email-change",
    "DELETE /api/v1/me/email-change",
    "GET /api/v1/audit-exports",
    "POST /api/v1/audit-exports",
    "GET /api/v1/audit-exports/{id}/content",
    "GET /api/v1/me/exports",
    "POST /api/v1/me/exports",
    "GET /api/v1/me/exports/{id}/content",
    "GET /api/v1/ownership-offer",
    "POST /api/v1/ownership-offer",
    "DELETE /api/v1/ownership-offer",
    "PUT /api/v1/ownership-offer/acceptance",
    "PATCH /api/v1/tenant",
    "PUT /api/v1/tenant/logo",
    "DELETE /api/v1/tenant/logo",
    "POST /api/v1/tenants",
    "POST /api/v1/tenants/{id}/deletion",
    "DELETE /api/v1/tenants/{id}/deletion",
    # Random servers get no mail: nothing in a spare's workspace sends any.
    "GET /api/v1/mail-settings",
    "PUT /api/v1/mail-settings",
    "DELETE /api/v1/mail-settings",
}
