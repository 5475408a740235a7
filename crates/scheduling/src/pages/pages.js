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
