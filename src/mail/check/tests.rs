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
        ("body_text", "{{ user['f-9'] }}", "is user.f-1"),
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

/// A part that stands where neither example comes.
fn never(source: &str) -> String {
    format!("{{% if user.contact == 'never' %}}{source}{{% endif %}}")
}

#[test]
fn what_stands_where_no_example_comes_is_seen_too() {
    for (source, part) in [
        ("{{ user['nope'] }}", "user.nope"),
        ("{{ user['no' ~ 'pe'] }}", "user.nope"),
        ("{{ user[user.contact] }}", "must not use user as a whole"),
        ("{% set u = user %}{{ u.nope }}", "user as a whole"),
        ("{% with u = group %}{{ u.nope }}{% endwith %}", "group.id"),
        ("{% for k in user %}{{ user[k] }}{% endfor %}", "user as a"),
        (
            "{% for k, v in meta_info|items %}{{ v.x }}{% endfor %}",
            "meta_info as a",
        ),
        ("{{ user|attr('nope') }}", "user as a whole"),
        ("{{ [user]|map(attribute='nope')|join }}", "user as a whole"),
        ("{{ dict(u=user).u.nope }}", "user as a whole"),
        (
            "{% filter replace('a', user.nope) %}x{% endfilter %}",
            "user.nope",
        ),
        (
            "{% autoescape user.nope %}x{% endautoescape %}",
            "user.nope",
        ),
        (
            "{% set x | replace('a', user.nope) %}x{% endset %}",
            "user.nope",
        ),
        ("{% do namespace(a=user.nope) %}", "user.nope"),
        ("{{ user.nope[1:] }}", "user.nope"),
        ("{{ 'x'[user.nope:] }}", "user.nope"),
        ("{{ 'x' if user.contact else user.nope }}", "user.nope"),
        ("{{ [1, {'a': -user.nope}] }}", "user.nope"),
        ("{{ 1 < 2 < user.nope }}", "user.nope"),
        ("{{ user.first_name.nope }}", "user.first_name.nope"),
        (
            "{{ (user.first_name ~ 'x').nope }}",
            "name nope, which nothing",
        ),
        (
            "{{ (user.first_name ~ 'x')['nope'] }}",
            "name nope, which nothing",
        ),
        (
            "{{ user.first_name|attr('nope') }}",
            "name nope, which nothing",
        ),
        (
            "{{ user.instrument|map(attribute='nope') }}",
            "name nope, which nothing",
        ),
        (
            "{{ user.instrument|selectattr('nope') }}",
            "name nope, which nothing",
        ),
        (
            "{% set u = {'a': 1} %}{{ u.nope }}",
            "name nope, which nothing",
        ),
        (
            "{% for x in user.instrument %}{{ loop.nope }}{% endfor %}",
            "nope",
        ),
        ("{% for x in [1] if user.nope %}x{% endfor %}", "user.nope"),
        (
            "{% for x in [1] %}x{% else %}{{ user.nope }}{% endfor %}",
            "user.nope",
        ),
        ("{% for x in [1] %}{% endfor %}{{ x }}", "must not name x"),
        ("{% set user = 'x' %}", "must not set user"),
        ("{% set group.nope = 'x' %}", "group as a whole"),
        ("{% set y = y %}{{ y }}", "must not name y"),
        (
            "{% if user.contact %}{% set y = 1 %}{% endif %}{{ y }}",
            "name y",
        ),
        ("{{ self.nope }}", "self.nope"),
        ("{{ range(3).nope }}", "name nope, which nothing"),
        ("{{ user.first_name|shout }}", "the filter shout"),
        ("{{ user.first_name is loud }}", "the test loud"),
        (
            "{% macro m() %}{{ user.nope }}{% endmacro %}",
            "syntax error",
        ),
    ] {
        let found = problems("body_text", &never(source));
        assert_eq!(found.len(), 1, "{source}: {found:?}");
        assert!(found[0].1.contains(part), "{source}: {found:?}");
    }
}

#[test]
fn what_can_be_followed_is_sound_where_no_example_comes() {
    for source in [
        "{% if user['f-1'] %}{{ user['f-1'][0] }}{% endif %}{{ user.contact[:3] }}{{ user[\"first_name\"] }}",
        "{% if user.contact %}{% set y = 1 %}{% else %}{% set y = 2 %}{% endif %}{{ y }}",
        "{% set n = namespace(sum=0) %}{% for i in [1, 2] %}{% set n.sum = n.sum + i %}{% set n.last = i %}{% endfor %}{{ n.sum }}{{ n.last }}",
        "{% for p in [{'a': 1}] %}{{ p.a }}{{ p['a'] }}{{ loop.index0 }}{{ loop.cycle(1, 2) }}{% endfor %}",
        "{{ [{'a': 1}]|map(attribute='a')|join }}{{ {'a': 1}|attr('a') }}",
        "{% for a, b in {'x': 1}|items %}{{ a }}{{ b }}{% endfor %}{{ dict(q=1).q }}",
        "{% with a = 1, b = a %}{{ b }}{% endwith %}{% set x %}y{% endset %}{{ x|upper }}",
        "{{ 'x' if user.contact is defined and meta_info.total_paid is not none }}",
    ] {
        assert_eq!(problems("body_text", &never(source)), [], "{source}");
        assert_eq!(problems("body_text", source), [], "{source}");
    }
}
