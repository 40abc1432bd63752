//! Reads the JSON of a file into its types, and says the whole path of what is not of its form.

use serde_json::Value;
use serde_path_to_error::Segment;

use crate::project::file::ProjectFile;
use crate::project::problem::Report;

/// Keys that say which other keys there are.
const TAGS: [&str; 2] = ["on", "type"];

/// What serde refuses: where, and why.
struct Refusal {
    path: Vec<Segment>,
    msg: String,
}

impl PartialEq for Refusal {
    fn eq(&self, other: &Self) -> bool {
        self.msg == other.msg && shown(&self.path) == shown(&other.path)
    }
}

/// None: it is reported why.
pub(super) fn read(report: &mut Report<'_>, value: Value) -> Option<ProjectFile> {
    match deserialize(&value) {
        Ok(file) => {
            refuse_arrays(report, &value, &serde_json::to_value(&file).ok()?, "");
            report.is_empty().then_some(file)
        }
        Err(refusal) => {
            let msg = format!("is not valid: {}", refusal.msg);
            report.add(shown(&narrowed(value, refusal)), msg);
            None
        }
    }
}

fn deserialize(value: &Value) -> Result<ProjectFile, Refusal> {
    serde_path_to_error::deserialize(value).map_err(|error| Refusal {
        path: error.path().iter().cloned().collect(),
        msg: error.inner().to_string(),
    })
}

/// The whole path. Of an object that has a tag serde says only where it stands, so that what is refused in it is looked
/// for.
fn narrowed(mut value: Value, refusal: Refusal) -> Vec<Segment> {
    let mut path = refusal.path.clone();
    // What is not there stands nowhere.
    if !refusal.msg.starts_with("missing field") {
        while let Some(key) = culprit(&mut value, &path, &refusal) {
            path.push(key);
        }
    }
    path
}

/// The key or item at a path that has to go for the refusal to become another. What goes before it stays away: it may be
/// wrong in the same way.
fn culprit(value: &mut Value, path: &[Segment], refusal: &Refusal) -> Option<Segment> {
    for key in keys(at(value, path)?) {
        let removed = match (at(value, path)?, &key) {
            (Value::Object(object), Segment::Map { key }) => object.shift_remove(key)?,
            (Value::Array(items), Segment::Seq { .. }) => items.pop()?,
            _ => return None,
        };
        if deserialize(value).err().as_ref() == Some(refusal) {
            continue;
        }
        match (at(value, path)?, &key) {
            (Value::Object(object), Segment::Map { key }) => {
                object.insert(key.clone(), removed);
            }
            (Value::Array(items), _) => items.push(removed),
            _ => return None,
        }
        return Some(key);
    }
    None
}

fn at<'a>(value: &'a mut Value, path: &[Segment]) -> Option<&'a mut Value> {
    path.iter().try_fold(value, |value, segment| match segment {
        Segment::Seq { index } => value.get_mut(*index),
        Segment::Map { key } => value.get_mut(key.as_str()),
        Segment::Enum { .. } | Segment::Unknown => None,
    })
}

/// From the last to the first; tags behind them, as nothing can be read without one.
fn keys(value: &Value) -> Vec<Segment> {
    match value {
        Value::Object(object) => {
            let mut keys: Vec<_> = object.keys().rev().cloned().collect();
            keys.sort_by_key(|key| TAGS.contains(&key.as_str()));
            keys.into_iter().map(|key| Segment::Map { key }).collect()
        }
        Value::Array(items) => {
            let indexes = (0..items.len()).rev();
            indexes.map(|index| Segment::Seq { index }).collect()
        }
        _ => Vec::new(),
    }
}

/// As in `groups[0].forms[1].id`.
fn shown(path: &[Segment]) -> String {
    path.iter()
        .fold(String::new(), |shown, segment| match segment {
            Segment::Seq { index } => format!("{shown}[{index}]"),
            other if shown.is_empty() => other.to_string(),
            other => format!("{shown}.{other}"),
        })
}

/// Serde takes an array for an object: its values in the order of the keys, which no file means. `read`: what was read
/// of a value, as it is written.
fn refuse_arrays(report: &mut Report<'_>, given: &Value, read: &Value, path: &str) {
    match (given, read) {
        (Value::Array(_), Value::Object(_)) => {
            report.add(path, "must be an object, not an array");
        }
        (Value::Array(given), Value::Array(read)) => {
            for (index, (given, read)) in given.iter().zip(read).enumerate() {
                refuse_arrays(report, given, read, &format!("{path}[{index}]"));
            }
        }
        (Value::Object(given), Value::Object(read)) => {
            for (key, given) in given {
                let dot = if path.is_empty() { "" } else { "." };
                if let Some(read) = read.get(key) {
                    refuse_arrays(report, given, read, &format!("{path}{dot}{key}"));
                }
            }
        }
        _ => {}
    }
}
