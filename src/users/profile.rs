//! The special fields: what every person has, in every project, without being declared.

use serde_json::Value;

use super::username::Username;
use super::{email, password};
use crate::error::FieldError;
use crate::lenient::{self, MAX_NAME_LENGTH};
use crate::project::file::Settings;

/// The special fields that can be read, in the order in which they are shown. A password can only be set.
pub const READABLE: [&str; 5] = [
    "username",
    "first_name",
    "last_name",
    "org_name",
    "main_email",
];

/// The special fields that a call sets. `None`: not named. An empty name or address clears it; an empty username or
/// password is as good as none.
#[derive(Clone, Default)]
pub struct Profile {
    pub username: Option<Username>,
    pub password: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub org_name: Option<String>,
    pub main_email: Option<String>,
}

pub fn is_special(key: &str) -> bool {
    key == "password" || READABLE.contains(&key)
}

impl Profile {
    /// Reads one special field.
    ///
    /// # Errors
    ///
    /// What is wrong with it, at `path`.
    pub fn set(
        &mut self,
        key: &str,
        value: &Value,
        settings: &Settings,
        path: &str,
    ) -> Result<(), FieldError> {
        let refused = |code, rule: String| FieldError::new(path, code, rule);
        let text = match value {
            Value::Null => String::new(),
            _ => lenient::text(value).map_err(|rule| refused("invalid", rule.to_owned()))?,
        };
        match key {
            "username" => self.username = read_username(&text, settings, path)?,
            "password" => {
                let problem = password::problem(&text, settings.password_min_length);
                if let (false, Some((code, rule))) = (text.is_empty(), problem) {
                    return Err(refused(code, rule));
                }
                self.password = Some(text).filter(|text| !text.is_empty());
            }
            "main_email" => {
                let address = text.trim().to_owned();
                if !address.is_empty() && !email::is_valid(&address) {
                    return Err(refused("invalid", email::rule(&address).to_owned()));
                }
                self.main_email = Some(address);
            }
            name => {
                if text.chars().count() > MAX_NAME_LENGTH {
                    let rule = format!("must have at most {MAX_NAME_LENGTH} characters");
                    return Err(refused("too_long", rule));
                }
                let text = Some(text.trim().to_owned());
                match name {
                    "first_name" => self.first_name = text,
                    "last_name" => self.last_name = text,
                    _ => self.org_name = text,
                }
            }
        }
        Ok(())
    }

    /// Whether a key that a call names changes nothing: a blank username or password is as good as none.
    pub fn skips(&self, key: &str) -> bool {
        match key {
            "username" => self.username.is_none(),
            "password" => self.password.is_none(),
            _ => false,
        }
    }

    /// Whether nothing is to be changed.
    pub fn is_empty(&self) -> bool {
        self.username.is_none()
            && self.password.is_none()
            && self.first_name.is_none()
            && self.last_name.is_none()
            && self.org_name.is_none()
            && self.main_email.is_none()
    }

    /// The main e-mail that is set, if one is.
    pub fn new_email(&self) -> Option<&str> {
        self.main_email
            .as_deref()
            .filter(|address| !address.is_empty())
    }
}

fn read_username(
    text: &str,
    settings: &Settings,
    path: &str,
) -> Result<Option<Username>, FieldError> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    if settings.username_is_email && !email::is_valid(text.trim()) {
        return Err(FieldError::new(path, "invalid", email::rule(text)));
    }
    match Username::new(text) {
        Ok(username) => Ok(Some(username)),
        Err(rule) => Err(FieldError::new(path, "too_long", rule.to_string())),
    }
}
