//! The text part of a message whose template has only HTML.

/// Tags that begin a line of their own.
const BLOCKS: [&str; 16] = [
    "address",
    "blockquote",
    "div",
    "dl",
    "dt",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "ol",
    "table",
    "tr",
    "ul",
];
/// Tags whose contents nobody reads.
const HIDDEN: [&str; 4] = ["head", "script", "style", "title"];

/// Makes HTML readable as text: lines where blocks end, `- ` before the items of lists, the addresses of links behind
/// their text, entities decoded.
pub fn from_html(html: &str) -> String {
    let mut writer = Writer::default();
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        writer.text(&rest[..start]);
        let tag = &rest[start..];
        let end = if tag.starts_with("<!--") {
            tag.find("-->").map(|end| end + 3)
        } else {
            tag.find('>').map(|end| end + 1)
        };
        // A tag that does not end hides what follows, as in a browser.
        let end = end.unwrap_or(tag.len());
        writer.tag(
            tag[..end].trim_matches(['<', '>', '/']),
            tag.starts_with("</"),
        );
        rest = &tag[end..];
    }
    writer.text(rest);
    writer.text.trim().to_owned()
}

#[derive(Default)]
struct Writer {
    text: String,
    /// The tag whose contents are passed over.
    hidden: Option<&'static str>,
    /// Where the link leads whose text is being written.
    link: Option<String>,
}

impl Writer {
    fn text(&mut self, raw: &str) {
        if self.hidden.is_some() {
            return;
        }
        let decoded = html_escape::decode_html_entities(raw);
        for letter in decoded.chars() {
            let is_space = letter.is_whitespace() && letter != '\u{a0}';
            if !is_space {
                self.text.push(letter);
            } else if !self.text.ends_with([' ', '\n']) {
                self.text.push(' ');
            }
        }
    }

    fn tag(&mut self, tag: &str, closes: bool) {
        let name = tag
            .split([' ', '\t', '\n', '\r', '/'])
            .next()
            .unwrap_or_default();
        let name = name.to_ascii_lowercase();
        if let Some(hidden) = self.hidden {
            if closes && name == hidden {
                self.hidden = None;
            }
            return;
        }
        match name.as_str() {
            "br" => self.line(1),
            "p" => self.line(2),
            "li" if !closes => {
                self.line(1);
                self.text.push_str("- ");
            }
            "li" => self.line(1),
            "td" | "th" if closes => self.text(" "),
            "a" if closes => self.end_link(),
            "a" => self.link = attribute(tag, "href"),
            name if BLOCKS.contains(&name) => self.line(1),
            name if !closes => self.hidden = HIDDEN.into_iter().find(|hidden| *hidden == name),
            _ => {}
        }
    }

    /// Ends the line, and leaves `count - 1` empty ones.
    fn line(&mut self, count: usize) {
        let kept = self.text.trim_end_matches(' ').len();
        self.text.truncate(kept);
        let ends = self.text.len() - self.text.trim_end_matches('\n').len();
        if !self.text.is_empty() {
            self.text
                .extend(std::iter::repeat_n('\n', count.saturating_sub(ends)));
        }
    }

    fn end_link(&mut self) {
        if let Some(link) = self
            .link
            .take()
            .filter(|link| !self.text.ends_with(link.as_str()))
        {
            self.text.push_str(&format!(" ({link})"));
        }
    }
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    // Byte by byte the same length: the position holds in the original too.
    let start = tag.to_ascii_lowercase().find(&format!(" {name}="))? + name.len() + 2;
    let value = &tag[start..];
    let value = match value.chars().next()? {
        quote @ ('"' | '\'') => value[1..].split(quote).next()?,
        _ => value.split_whitespace().next()?,
    };
    Some(html_escape::decode_html_entities(value).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_becomes_readable() {
        for (html, text) in [
            ("<p>Your balance is 12.50.</p>", "Your balance is 12.50."),
            (
                "<p>One\n  line</p><p>Two &amp; &lt;three&gt;</p>",
                "One line\n\nTwo & <three>",
            ),
            ("a<br>b<br/>c", "a\nb\nc"),
            (
                "<ul><li>Bring</li><li>Drums</li></ul>End",
                "- Bring\n- Drums\nEnd",
            ),
            (
                "<a class=x href=\"https://camp.example/?a=1&amp;b=2\">Log in</a>.",
                "Log in (https://camp.example/?a=1&b=2).",
            ),
            (
                "<A HREF='https://camp.example'>https://camp.example</A>",
                "https://camp.example",
            ),
            (
                "<head><title>x</title></head><style>p > a { }</style><p>y</p>",
                "y",
            ),
            ("<tr><td>a</td><td>b</td></tr><tr><td>c</td></tr>", "a b\nc"),
            ("a <!-- > b --> c", "a c"),
            ("1 &lt; 2", "1 < 2"),
            ("a <b", "a"),
        ] {
            assert_eq!(from_html(html), text, "{html}");
        }
    }
}
