//! Usernames: unique in an organization, compared without case, and with the forms that Unicode has of a letter as one.

use unicode_normalization::UnicodeNormalization;

/// In characters, of the username and of its key.
pub const MAX_LENGTH: usize = 254;

/// A username as its owner writes it, and as it is compared: NFKC-normalised, lowercased, trimmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Username {
    pub shown: String,
    pub key: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must have 1 to 254 characters")]
pub struct InvalidUsername;

impl Username {
    /// # Errors
    ///
    /// When it is blank, or longer than [`MAX_LENGTH`] as written or as compared.
    pub fn new(text: &str) -> Result<Self, InvalidUsername> {
        let shown = text.trim().to_owned();
        let key = key(&shown);
        // The key is what is indexed, and normalisation can make it many times longer.
        if key.is_empty()
            || [&shown, &key]
                .iter()
                .any(|text| text.chars().count() > MAX_LENGTH)
        {
            return Err(InvalidUsername);
        }
        Ok(Username { shown, key })
    }
}

/// The form in which usernames and e-mail addresses are compared.
pub fn key(text: &str) -> String {
    // Nearly all are, and every call has at least one: the same result, without the tables.
    if text.is_ascii() {
        return text.trim().to_ascii_lowercase();
    }
    // Lowercasing can leave what NFKC would compose again: the second round makes the key of a key itself.
    let lower = text.nfkc().collect::<String>().to_lowercase();
    lower.nfkc().collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_key_of_a_key_is_itself(text in "\\PC{0,40}") {
            let once = key(&text);
            prop_assert_eq!(key(&once), once);
        }

        #[test]
        fn case_width_and_space_do_not_tell_usernames_apart(text in "[a-z0-9.@]{1,20}") {
            let wide: String = text
                .chars()
                .map(|letter| char::from_u32(letter as u32 + 0xFEE0).unwrap())
                .collect();
            let plain = Username::new(&text).unwrap();
            prop_assert_eq!(&Username::new(&format!(" {} ", text.to_uppercase())).unwrap().key, &plain.key);
            prop_assert_eq!(&Username::new(&wide).unwrap().key, &plain.key);
        }
    }

    #[test]
    fn length_is_that_of_the_key_too() {
        assert!(Username::new(&"x".repeat(254)).is_ok());
        assert_eq!(Username::new(&"x".repeat(255)), Err(InvalidUsername));
        // One character that NFKC makes eighteen of.
        assert_eq!(Username::new(&"\u{FDFA}".repeat(20)), Err(InvalidUsername));
        assert_eq!(Username::new(" \t"), Err(InvalidUsername));
    }
}
