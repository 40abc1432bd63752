//! The rules of API admins, for those of a file and those made on the command line.

use url::Url;

use crate::project::action_names::{ACTION_NAMES, PUBLISHABLE_ACTIONS};
use crate::project::file::{Admin, AdminKind, Group, Selection};
use crate::project::problem::Report;
use crate::project::token;
use crate::users::email;

/// `groups`: the projects of its organization.
pub fn check(report: &mut Report<'_>, path: &str, admin: &Admin, groups: &[Group]) {
    if !email::is_valid(&admin.email) {
        report.add(format!("{path}.email"), email::rule(&admin.email));
    }
    if admin
        .token
        .as_ref()
        .is_some_and(|given| !token::is_valid(given))
    {
        let rule = "must have 12 to 255 printable ASCII characters, without spaces";
        report.add(format!("{path}.token"), rule);
    }
    if let Selection::Listed(listed) = &admin.groups {
        for (index, id) in listed.iter().enumerate() {
            if !groups.iter().any(|group| group.id == *id) {
                let rule = format!("must be a project of the organization; there is no {id}");
                report.add(format!("{path}.groups[{index}]"), rule);
            }
        }
    }
    check_actions(report, path, admin);
    check_origins(report, path, admin);
}

/// Two admins with one token could not be told apart.
pub fn check_tokens(report: &mut Report<'_>, admins: &[Admin]) {
    for (index, admin) in admins.iter().enumerate() {
        let earlier = admins[..index].iter();
        if admin.token.is_some() && earlier.into_iter().any(|other| other.token == admin.token) {
            let path = format!("admins[{index}].token");
            report.add(path, "is the token of another admin of the file");
        }
    }
}

fn check_actions(report: &mut Report<'_>, path: &str, admin: &Admin) {
    let Selection::Listed(listed) = &admin.actions else {
        return;
    };
    let allowed: &[&str] = match admin.kind {
        AdminKind::Secret => &ACTION_NAMES,
        AdminKind::Publishable => &PUBLISHABLE_ACTIONS,
    };
    for (index, action) in listed.iter().enumerate() {
        if !allowed.contains(&action.as_str()) {
            let rule = match admin.kind {
                AdminKind::Secret => "must be one of",
                AdminKind::Publishable => "of a publishable admin must be one of",
            };
            let path = format!("{path}.actions[{index}]");
            report.add(path, format!("{rule} {}", allowed.join(", ")));
        }
    }
}

fn check_origins(report: &mut Report<'_>, path: &str, admin: &Admin) {
    let list = format!("{path}.origins");
    match admin.kind {
        AdminKind::Secret if !admin.origins.is_empty() => {
            report.add(list, "must be left out: only a publishable admin has them");
            return;
        }
        AdminKind::Publishable if admin.origins.is_empty() => {
            let rule = "must name at least one web origin, as the admin is publishable";
            report.add(list, rule);
            return;
        }
        _ => {}
    }
    for (index, origin) in admin.origins.iter().enumerate() {
        let path = format!("{list}[{index}]");
        if !is_origin(origin) {
            let rule = "must be a web origin as browsers send it: https://camp.example or \
                        http://localhost:3000, in lower case, without path or default port";
            report.add(path, rule);
        } else if admin.origins[..index].contains(origin) {
            report.add(path, "is in the list already");
        }
    }
}

/// The serialization of an origin in the Fetch standard: what the header `Origin` is compared with, byte for byte.
fn is_origin(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| {
        // No browser speaks to port 0, and no host has a name without letters in it.
        ["http", "https"].contains(&url.scheme())
            && url.port() != Some(0)
            && !text.contains("..")
            && url.origin().ascii_serialization() == text
    })
}
