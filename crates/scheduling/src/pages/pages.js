// Shows the page in the visitor's own time zone where the address does not name one. Everything works without this script.
(() => {
  const here = new URL(location.href);
  const select = document.getElementById("tz");
  if (!select || here.searchParams.has("tz")) return;
  let zone;
  try {
    zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  } catch {
    return;
  }
  if (!zone || zone === select.value) return;
  here.searchParams.set("tz", zone);
  location.replace(here);
})();

// Says how long the time of the form is kept, and gives it back when the form is left. Without this it is kept for its ten minutes.
(() => {
  const kept = document.getElementById("kept");
  const over = document.getElementById("kept-over");
  const form = document.querySelector("form.details");
  if (!kept || !over || !form) return;
  const until = Date.now() + Number(kept.dataset.seconds) * 1000;
  let sent = false;
  const end = () => {
    clearInterval(timer);
    kept.hidden = true;
    over.textContent = over.dataset.text;
  };
  const show = () => {
    const left = Math.ceil((until - Date.now()) / 1000);
    if (left <= 0) return end();
    const clock = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    kept.textContent = kept.dataset.text.replace("{left}", clock);
  };
  const timer = setInterval(show, 1000);
  show();
  form.addEventListener("submit", () => {
    sent = true;
  });
  addEventListener("pagehide", () => {
    if (!sent) navigator.sendBeacon(kept.dataset.release, new URLSearchParams({ key: form.elements.key.value }));
  });
  addEventListener("pageshow", (event) => {
    if (event.persisted) end();
  });
})();

// Times that others take go from the calendar, and come back when they are free again. An unchanged page is answered by 304.
(() => {
  const picker = document.querySelector(".picker");
  if (!picker) return;
  const look = async () => {
    if (document.hidden) return;
    const answer = await fetch(location.href, { cache: "no-cache" }).catch(() => undefined);
    if (!answer?.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector(".picker");
    if (!fresh || fresh.innerHTML === picker.innerHTML) return;
    const focused = picker.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    picker.replaceChildren(...fresh.childNodes);
    if (focused === null) return;
    const links = [...picker.querySelectorAll("a")];
    (links.find((link) => link.getAttribute("href") === focused) ?? picker.querySelector(".slots a") ?? links[0])?.focus();
  };
  setInterval(look, 20_000);
  document.addEventListener("visibilitychange", look);
})();

// Questions with conditions come and go with the answers to earlier ones, as the program judges them when the form is sent.
// Without this all of them stand there.
(() => {
  const fields = [...document.querySelectorAll("[data-question]")];
  if (!fields.some((field) => field.dataset.when)) return;
  const inputs = (field) => [...field.querySelectorAll("input,textarea,select")];
  const answers = (field) =>
    inputs(field)
      .filter((input) => input.type !== "checkbox" || input.checked)
      .map((input) => input.value.trim())
      .filter(Boolean);
  const holds = ({ operator, values }, given) => {
    switch (operator) {
      case "is_answered":
        return given.length > 0;
      case "equals":
        return given.length === 1 && given[0] === values[0];
      case "one_of":
        return given.some((value) => values.includes(value));
      default:
        return given.some((value) => value.toLowerCase().includes(values[0].toLowerCase()));
    }
  };
  const update = () => {
    const given = {};
    for (const field of fields) {
      const conditions = JSON.parse(field.dataset.when || "[]");
      // What the program found wrong is asked, whatever this makes of it.
      const asked =
        field.classList.contains("wrong") ||
        conditions.every((condition) => holds(condition, given[condition.question] ?? []));
      field.hidden = !asked;
      for (const input of inputs(field)) input.disabled = !asked;
      given[field.dataset.question] = asked ? answers(field) : [];
    }
  };
  for (const hint of document.querySelectorAll("[data-depends]")) hint.hidden = true;
  document.addEventListener("input", update);
  // A browser that goes back fills in what was typed after this ran.
  addEventListener("pageshow", update);
  update();
})();
