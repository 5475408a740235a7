/** The http addresses of a mail, each once, in the order of its HTML and then its text. */
export function linksIn(html: string | null | undefined, text: string): string[] {
  const fromHtml = [...(html ?? "").matchAll(/\bhref\s*=\s*(?:"([^"]*)"|'([^']*)')/gi)].map(
    (m) => m[1] ?? m[2] ?? "",
  );
  const fromText = [...text.matchAll(/https?:\/\/[^\s<>"')\]]+/g)].map((m) => m[0].replace(/[.,;:]+$/, ""));
  const all = [...fromHtml.map(unescapeHtml), ...fromText].filter((link) => /^https?:\/\//i.test(link));
  return [...new Set(all)];
}

function unescapeHtml(text: string): string {
  return text
    .replaceAll("&#x2F;", "/")
    .replaceAll("&#x3D;", "=")
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&");
}
