// Shows the page in the visitor's own time zone where the address does not name one. Everything works without this.
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
