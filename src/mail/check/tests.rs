use serde_json::json;

use super::*;
use crate::ids::OrganizationId;

fn project() -> Project {
    let group = json!({
        "id": 1001, "name": "Camp",
        "forms": [{ "id": 1, "name": "Camper", "fields": [
            { "id": "f-1", "name": "instrument", "type": "multiple_choice", "options": ["Piano"] },
            { "id": "f_2", "name": "birth_date", "type": "date" },
            { "id": "f_3", "name": "contact", "type": "text" }
        ] }]
    });
    Project::new(OrganizationId(1), serde_json::from_value(group).unwrap())
}

fn problems(key: &str, source: &str) -> Vec<Problem> {
    let mut template = json!({ "id": 31, "name": "Welcome" });
    template[key] = source.into();
    check(&serde_json::from_value(template).unwrap(), &project())
}

#[test]
fn what_can_be_filled_in_is_sound() {
    for (key, source) in [
        ("to", "{{ user.main_email }}, {{ user.contact }}"),
        ("to", "{{ user.first_name }} <{{ user.main_email }}>"),
        ("to", "office@camp.example"),
        (
            "subject",
            "{{ group.name }} {{ group.id }}: {{ user.f_2 or user.birth_date }}",
        ),
        (
            "body_html",
            "{% for x in user.instrument %}{{ loop.index }}{{ x }}{% endfor %}",
        ),
        (
            "body_html",
            "{{ user['f-1']|join(' and ') }}{{ user[\"first_name\"]|upper }}",
        ),
        (
            "body_html",
            "{% set x = meta_info.total_order %}{{ x }}{{ meta_info.status_name }}",
        ),
        ("body_html", "{% for i in range(3) %}{{ i }}{% endfor %}"),
        (
            "body_text",
            "{% if user.instrument %}you{% else %}nobody{% endif %} plays",
        ),
    ] {
        assert_eq!(problems(key, source), [], "{key}: {source}");
    }
}

#[test]
fn what_cannot_is_found_with_the_key() {
    for (key, source, part) in [
        ("subject", "{{ user.frist_name }}", "is user.first_name"),
        ("subject", "{{ user.password }}", "user.password"),
        ("subject", "{{ users.first_name }}", "is user.first_name"),
        (
            "body_html",
            "{% if false %}{{ meta_info.total_balanse }}{% endif %}",
            "is meta_info.total_balance",
        ),
        ("body_text", "{{ first_name }}", "is user.first_name"),
        ("body_text", "{{ user['f-9'] }}", "undefined value"),
        (
            "body_text",
            "{% if user.contact %}{{ user['f-9'] }}{% endif %}",
            "undefined value",
        ),
        ("body_html", "{{ user.first_name|shout }}", "shout"),
        (
            "body_html",
            "{% if user.contact %}{{ user.first_name|shout }}{% endif %}",
            "shout",
        ),
        ("body_html", "{{ user.first_name", "syntax error"),
        ("body_html", "a\n{% endif %}", "line 2"),
        ("body_html", "{% include 'x' %}", "syntax error"),
        (
            "body_html",
            "{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}",
            "fuel",
        ),
        ("to", "Office", "e-mail addresses"),
        ("to", "{{ user.first_name }}", "e-mail addresses"),
    ] {
        let found = problems(key, source);
        assert_eq!(found.len(), 1, "{key}: {source}: {found:?}");
        assert_eq!(found[0].0, key);
        assert!(found[0].1.contains(part), "{source}: {found:?}");
    }
}
