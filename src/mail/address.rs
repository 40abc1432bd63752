//! Addresses and lists of them, as headers have them: one reading for what templates render, what a project file names as
//! its sender, and what callers record.

use lettre::Address;
use lettre::message::Mailbox;

use crate::users::email;

/// Reads addresses, with or without names, separated by commas. What is empty is passed over, as a template leaves it
/// where an answer is not there: `, ` and `Ella <>`.
///
/// # Errors
///
/// When something in it is not an address. The sentence does not repeat it.
pub fn parse(list: &str) -> Result<Vec<Mailbox>, &'static str> {
    split(list)
        .into_iter()
        .filter_map(|entry| mailbox(entry).transpose())
        .collect()
}

/// Whether this is one address or several, with or without names, separated by commas.
pub fn is_list(text: &str) -> bool {
    let mut entries = split(text).into_iter();
    !text.contains(char::is_control) && entries.all(|entry| matches!(mailbox(entry), Ok(Some(_))))
}

/// Reads exactly one address, with or without a name.
pub fn single(text: &str) -> Option<Mailbox> {
    let mut list = parse(text).ok().filter(|_| is_list(text))?.into_iter();
    let one = list.next();
    one.filter(|_| list.next().is_none())
}

/// As a column keeps it: [`parse`] reads it back.
pub fn join(mailboxes: &[Mailbox]) -> String {
    let shown: Vec<_> = mailboxes.iter().map(ToString::to_string).collect();
    shown.join(", ")
}

/// The same address with its domain in ASCII (`xn--…`), which every server understands.
pub fn with_ascii_domain(address: &Address) -> Address {
    let ascii = match url::Host::parse(address.domain()) {
        Ok(url::Host::Domain(domain)) => Address::new(address.user(), domain).ok(),
        _ => None,
    };
    ascii.unwrap_or_else(|| address.clone())
}

/// At the commas that are not in a quoted name.
fn split(list: &str) -> Vec<&str> {
    let mut quoted = false;
    list.split(|letter| {
        quoted ^= letter == '"';
        letter == ',' && !quoted
    })
    .map(str::trim)
    .collect()
}

fn mailbox(entry: &str) -> Result<Option<Mailbox>, &'static str> {
    let refused = "does not render to e-mail addresses, separated by commas";
    let (name, address) = match entry.rsplit_once('<') {
        Some((name, address)) => (name.trim(), address.strip_suffix('>').ok_or(refused)?),
        None => ("", entry),
    };
    let address = address.trim();
    if address.is_empty() && (entry.is_empty() || entry.contains('<')) {
        return Ok(None);
    }
    if !email::is_valid(address) || name.contains(['<', '>']) {
        return Err(refused);
    }
    let name = name.trim_matches('"').trim();
    let name = (!name.is_empty()).then(|| name.to_owned());
    let address = address.parse::<Address>().map_err(|_| refused)?;
    Ok(Some(Mailbox::new(name, address)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_back_as_they_were() {
        for (given, kept) in [
            ("ella@a.example", "ella@a.example"),
            ("Ella Fitz <ella@a.example>", "Ella Fitz <ella@a.example>"),
            ("a@a.example,, b@b.example, ", "a@a.example, b@b.example"),
            (
                "\"Fitz, Ella\" <e@a.example>",
                "\"Fitz, Ella\" <e@a.example>",
            ),
            ("", ""),
            (" , Ella <>", ""),
        ] {
            let read = join(&parse(given).unwrap());
            assert_eq!(read, kept, "{given}");
            assert_eq!(join(&parse(&read).unwrap()), kept);
        }
        let zoe = parse("Zoë Ünder <zoe@a.example>").unwrap();
        assert_eq!(parse(&join(&zoe)).unwrap(), zoe);
    }

    #[test]
    fn what_a_person_writes_has_no_gaps() {
        for text in [
            "ella@a.example",
            "\"Fitz, Ella\" <e@a.example>, b@b.example",
        ] {
            assert!(is_list(text), "{text}");
        }
        for text in [
            "",
            "a@a.example,",
            "a@a.example,,b@b.example",
            "Ella <>",
            "a@a.example,\nb@b.example",
        ] {
            assert!(!is_list(text), "{text}");
        }
        assert!(single("Camp <camp@a.example>").is_some());
        assert!(single("a@a.example, b@b.example").is_none());
        assert!(single("Camp <>").is_none());
    }

    #[test]
    fn domains_are_said_in_ascii() {
        for (given, said) in [
            ("zoe@münchen.example", "zoe@xn--mnchen-3ya.example"),
            ("zoë@a.example", "zoë@a.example"),
            ("zoe@[127.0.0.1]", "zoe@[127.0.0.1]"),
        ] {
            let address = given.parse().unwrap();
            assert_eq!(with_ascii_domain(&address).as_ref() as &str, said);
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for given in [
            "Ella",
            "ella@a.example rubbish",
            "x <a@a.example> <b@a.example>",
            "<a@a.example> b",
            "a@a.example; b@a.example",
        ] {
            assert!(parse(given).is_err(), "{given}");
        }
    }
}
