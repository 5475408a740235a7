//! How every mail looks: one column of real text, facts in a table, one button, readable in light and dark.

use std::fmt::Write;

/// What a mail says, as plain texts in the reader's language. Nothing in it is HTML: rendering escapes all of it.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    /// BCP 47, `pt-BR`: what a screen reader pronounces it in.
    pub lang: String,
    /// The heading, in most mails the subject.
    pub title: String,
    /// "Hello Ana,"; left out where empty.
    pub greeting: String,
    /// A line break inside one stays a line break.
    pub paragraphs: Vec<String>,
    /// Label and value: when, where, with whom.
    pub facts: Vec<(String, String)>,
    /// Label and address of the one thing to do.
    pub button: Option<(String, String)>,
    /// Small lines at the end: why the mail came, who sent it.
    pub footer: Vec<String>,
    /// `#rrggbb`; Atrium's own where it is none.
    pub brand_color: String,
    /// The whole address of a logo to show on top; its sender's name is in the mail's From.
    pub logo: Option<String>,
}

/// The blue of a new organizer's page.
const BRAND: [u8; 3] = [0x00, 0x66, 0xcc];

impl Layout {
    /// The mail as plain text and as HTML.
    pub fn render(&self) -> (String, String) {
        (self.text(), self.html())
    }

    fn text(&self) -> String {
        let mut blocks = vec![self.title.trim().to_owned()];
        blocks.extend(Some(self.greeting.trim().to_owned()).filter(|greeting| !greeting.is_empty()));
        blocks.extend(self.paragraphs.iter().map(|paragraph| paragraph.trim().to_owned()));
        if !self.facts.is_empty() {
            let rows = self.facts.iter().map(|(label, value)| format!("{label}: {}", value.trim().replace('\n', "\n  ")));
            blocks.push(rows.collect::<Vec<_>>().join("\n"));
        }
        blocks.extend(self.button.iter().map(|(label, url)| format!("{label}:\n{url}")));
        if !self.footer.is_empty() {
            // The mark before a signature (RFC 3676, 4.3), which programs fold away when one replies.
            blocks.push(format!("-- \n{}", self.footer.join("\n")));
        }
        let mut text = blocks.join("\n\n");
        text.push('\n');
        text
    }

    fn html(&self) -> String {
        let brand = parse(&self.brand_color).unwrap_or(BRAND);
        let (fill, ink) = (hex(brand), ink_on(brand));
        let (lang, title) = (escape(&self.lang), escape(&self.title));
        let mut body = String::new();
        if let Some(logo) = &self.logo {
            let _ = write!(
                body,
                "<p style=\"margin:0 0 20px\"><img src=\"{}\" alt=\"\" height=\"40\" style=\"height:40px;width:auto;border:0\"></p>",
                escape(logo)
            );
        }
        let _ = write!(body, "<h1 class=\"ink\" style=\"{HEADING}\">{title}</h1>");
        if !self.greeting.trim().is_empty() {
            body.push_str(&paragraph(&self.greeting));
        }
        for text in &self.paragraphs {
            body.push_str(&paragraph(text));
        }
        if !self.facts.is_empty() {
            body.push_str("<table width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" style=\"margin:0 0 24px;border-collapse:collapse\">");
            for (label, value) in &self.facts {
                let (label, value) = (escape(label), lines(value));
                let _ = write!(
                    body,
                    "<tr><th scope=\"row\" align=\"left\" valign=\"top\" class=\"soft line\" style=\"{LABEL}\">{label}</th>\
                     <td valign=\"top\" class=\"ink line\" style=\"{VALUE}\">{value}</td></tr>"
                );
            }
            body.push_str("</table>");
        }
        if let Some((label, url)) = &self.button {
            let (label, url) = (escape(label), escape(url));
            let _ = write!(
                body,
                "<table role=\"presentation\" cellpadding=\"0\" cellspacing=\"0\" style=\"margin:0 0 16px\"><tr>\
                 <td bgcolor=\"{fill}\" style=\"border-radius:6px;background-color:{fill}\">\
                 <a href=\"{url}\" style=\"display:inline-block;padding:12px 24px;border:1px solid {fill};border-radius:6px;\
                 background-color:{fill};color:{ink};font-weight:600;text-decoration:none\">{label}</a></td></tr></table>\
                 <p class=\"soft\" style=\"{SMALL}\"><a href=\"{url}\" class=\"soft\" style=\"color:#5c6370;word-break:break-all\">{url}</a></p>"
            );
        }
        let mut footer = String::new();
        for line in &self.footer {
            let _ = write!(footer, "<p class=\"soft\" style=\"{SMALL}\">{}</p>", lines(line));
        }
        format!(
            "<!doctype html>\n<html lang=\"{lang}\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
             <meta name=\"color-scheme\" content=\"light dark\"><meta name=\"supported-color-schemes\" content=\"light dark\">\
             <title>{title}</title><style>{STYLE}</style></head>\n\
             <body class=\"page\" style=\"margin:0;padding:0;background-color:#f2f4f7\">\
             <div lang=\"{lang}\" role=\"article\" aria-label=\"{title}\">\
             <table role=\"presentation\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" class=\"page\" style=\"background-color:#f2f4f7\">\
             <tr><td align=\"center\" style=\"padding:24px 12px\">\
             <table role=\"presentation\" width=\"600\" cellpadding=\"0\" cellspacing=\"0\" style=\"width:100%;max-width:600px;{FONT}\">\
             <tr><td class=\"card\" style=\"padding:32px 28px 20px;background-color:#ffffff;border-top:4px solid {fill};border-radius:8px\">{body}</td></tr>\
             <tr><td style=\"padding:16px 28px 0\">{footer}</td></tr>\
             </table></td></tr></table></div></body></html>\n"
        )
    }
}

const FONT: &str = "font-family:system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;font-size:16px;line-height:1.5";
const HEADING: &str = "margin:0 0 16px;color:#16191f;font-size:22px;line-height:1.3;font-weight:600";
const PARAGRAPH: &str = "margin:0 0 16px;color:#16191f";
const LABEL: &str = "padding:8px 16px 8px 0;border-bottom:1px solid #dde1e7;color:#5c6370;font-weight:400;font-size:14px";
const VALUE: &str = "padding:8px 0;border-bottom:1px solid #dde1e7;color:#16191f";
const SMALL: &str = "margin:0 0 8px;color:#5c6370;font-size:13px;line-height:1.5";
/// Inline styles are what every program reads; a sheet only for the programs that know dark.
const STYLE: &str = "@media (prefers-color-scheme:dark){.page{background-color:#111317!important}.card{background-color:#1c1f25!important}\
                     .ink{color:#f2f4f7!important}.soft{color:#a8b0bd!important}.line{border-color:#3a404a!important}}";

fn paragraph(text: &str) -> String {
    format!("<p class=\"ink\" style=\"{PARAGRAPH}\">{}</p>", lines(text))
}

fn lines(text: &str) -> String {
    escape(text.trim()).replace("\r\n", "<br>").replace('\n', "<br>")
}

/// Text as it may stand between tags and inside quoted attributes.
fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    safe
}

fn parse(color: &str) -> Option<[u8; 3]> {
    let mut rgb = [0; 3];
    hex::decode_to_slice(color.strip_prefix('#')?, &mut rgb).ok()?;
    Some(rgb)
}

fn hex(color: [u8; 3]) -> String {
    format!("#{}", hex::encode(color))
}

/// Relative luminance (WCAG 2.2).
fn luminance(color: [u8; 3]) -> f64 {
    let [r, g, b] = color.map(|channel| {
        let c = f64::from(channel) / 255.0;
        if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
    });
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

/// Black or white, whichever contrasts more: on any colour the better of the two reaches 4.58 to 1, and text needs 4.5.
fn ink_on(fill: [u8; 3]) -> &'static str {
    let (on_white, on_black) = (1.05 / (luminance(fill) + 0.05), (luminance(fill) + 0.05) / 0.05);
    if on_white >= on_black { "#ffffff" } else { "#000000" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Layout {
        Layout {
            lang: "en".to_owned(),
            title: "Confirmed <b>".to_owned(),
            greeting: "Hello \"Ana\",".to_owned(),
            paragraphs: vec!["First & second\nline".to_owned()],
            facts: vec![("When".to_owned(), "Monday\n09:00".to_owned())],
            button: Some(("Open".to_owned(), "https://example.com/?a=1&b='\"><script>".to_owned())),
            footer: vec!["Sent by Atrium".to_owned()],
            brand_color: "#ffee00".to_owned(),
            logo: None,
        }
    }

    #[test]
    fn everything_is_escaped() {
        let (_, html) = sample().render();
        assert!(!html.contains("<b>") && !html.contains("<script"), "{html}");
        assert!(html.contains("Confirmed &lt;b&gt;") && html.contains("First &amp; second<br>line"));
        assert!(html.contains("href=\"https://example.com/?a=1&amp;b=&#39;&quot;&gt;&lt;script&gt;\""));
    }

    #[test]
    fn the_plain_part_reads_well() {
        let (text, _) = sample().render();
        let expected = "Confirmed <b>\n\nHello \"Ana\",\n\nFirst & second\nline\n\nWhen: Monday\n  09:00\n\n\
                        Open:\nhttps://example.com/?a=1&b='\"><script>\n\n-- \nSent by Atrium\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn button_text_is_readable_on_any_colour() {
        for step in 0..=u8::MAX {
            for fill in [[step, step, step], [step, 0x66, 0xcc], [0xff, step, 0x00], [0x10, 0x80, step]] {
                let ink = if ink_on(fill) == "#ffffff" { 1.0 } else { 0.0 };
                let (light, dark) = if ink > luminance(fill) { (ink, luminance(fill)) } else { (luminance(fill), ink) };
                assert!((light + 0.05) / (dark + 0.05) >= 4.5, "{fill:?}");
            }
        }
    }

    #[test]
    fn a_colour_that_is_none_falls_back() {
        let html = Layout { brand_color: "red;}".to_owned(), ..sample() }.render().1;
        assert!(html.contains("#0066cc") && !html.contains("red;}"));
    }
}
