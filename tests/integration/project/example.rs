//! The example of the project file's contract, word for word: it is what people copy.

use serde_json::Value;

use super::{Setup, nothing};

const EXAMPLE: &str = include_str!("example.json");

fn example() -> Value {
    serde_json::from_str(EXAMPLE).unwrap()
}

#[test]
fn it_applies_from_nothing_and_once() {
    let setup = Setup::new();
    assert!(setup.apply(&example()).unwrap().is_changed);
    assert_eq!(setup.check(), [""; 0]);
    assert_eq!((setup.ordered(1001), setup.paid(1001)), (25_000, 10_000));
    assert_eq!(setup.stock(11), Some((100, 1)));
    assert_eq!(setup.totals(1001), [(false, false, 1), (true, false, 1)]);
    assert_eq!(setup.apply(&example()).unwrap(), nothing());
    assert_eq!(setup.prune(&example()).unwrap(), nothing());
}

#[test]
fn its_export_changes_nothing_and_makes_the_same() {
    let setup = Setup::new();
    setup.apply(&example()).unwrap();
    let exported = setup.export();
    assert_eq!(setup.apply(&exported).unwrap(), nothing());
    assert_eq!(setup.prune(&exported).unwrap(), nothing());
    let elsewhere = Setup::new();
    elsewhere.apply(&exported).unwrap();
    assert_eq!(elsewhere.export().to_string(), exported.to_string());
}
