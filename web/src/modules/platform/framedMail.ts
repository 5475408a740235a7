/**
 * A mail as a document for a frame without rights. Such a frame inherits the page's Content-Security-Policy,
 * which refuses style attributes; they become rules of a style element that carries the page's nonce.
 */
export function framedMail(html: string, nonce: string): string {
  // Before parsing, since already a parser's document obeys the policy and would report each attribute.
  const inert = html
    .replace(/(\s)style(\s*=\s*["'])/gi, "$1data-mail-style$2")
    .replace(/<style\b/gi, `<style nonce="${nonce}"`);
  const mail = new DOMParser().parseFromString(inert, "text/html");
  const rules: string[] = [];
  for (const element of mail.querySelectorAll<HTMLElement>("[data-mail-style]")) {
    const name = `mail-${rules.length}`;
    // Thrice, so that it outweighs the mail's own rules as a style attribute would.
    rules.push(`.${name}.${name}.${name}{${(element.dataset.mailStyle ?? "").replace(/[{}<]/g, "")}}`);
    element.classList.add(name);
  }
  const own = mail.createElement("style");
  own.setAttribute("nonce", nonce);
  own.textContent = rules.join("\n");
  mail.head.append(own);
  return `<!doctype html>${mail.documentElement.outerHTML}`;
}
