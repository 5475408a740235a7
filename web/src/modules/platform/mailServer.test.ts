import { expect, it } from "vitest";
import type { MailSettings } from "@/api/types";
import { mailServerInput, mailServerOf, portFor } from "./mailServer";

const stored: MailSettings = {
  host: "smtp.example.com",
  port: 587,
  security: "starttls",
  username: "ana",
  has_password: true,
  from_address: "hello@example.com",
  from_name: "Ana",
  version: 3,
};

it("leaves the stored password out unless a new one is typed", () => {
  const form = mailServerOf(stored, "Acme");
  expect(form.password).toBe("");
  expect(mailServerInput(form, stored)).not.toHaveProperty("password");
  expect(mailServerInput({ ...form, password: " p " }, stored).password).toBe(" p ");
});

it("forgets the stored password with the user name", () => {
  const form = { ...mailServerOf(stored, "Acme"), username: " ", password: "left over" };
  expect(mailServerInput(form, stored)).toMatchObject({ username: null, password: "" });
  expect(mailServerInput(form, { ...stored, has_password: false })).not.toHaveProperty("password");
});

it("proposes the usual port, but keeps one that was chosen", () => {
  expect(portFor("starttls", { port: 465, security: "tls" })).toBe(587);
  expect(portFor("starttls", { port: 2525, security: "tls" })).toBe(2525);
  expect(portFor("none", { port: "", security: "tls" })).toBe("");
});

it("names the workspace as the sender of a first server", () => {
  expect(mailServerOf(null, "Acme").from_name).toBe("Acme");
});
