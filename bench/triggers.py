"""What a call costs with many triggers that do not concern it."""

import json
import statistics

FEW, MANY = 10, 1_000
ROUNDS = 3
CONNECTIONS = 16


def project(original):
    """Groups 3 and 4: the first group of bench/project.json, with few and with many triggers."""
    few, many = group(original, 3, FEW), group(original, 4, MANY)
    return {"organization": original["organization"], "groups": [few, many]}


def group(original, number, count):
    home_town = {"id": f"f_{number}_1", "name": "home_town", "label": "Home town", "type": "text", "required": True}
    others = [
        {"id": f"f_{number}_2", "name": "birth_date", "label": "Date of birth", "type": "date"},
        {"id": f"f_{number}_3", "name": "remarks", "label": "Remarks", "type": "textarea"},
    ]

    def trigger(place, condition):
        # Only the first one's condition comes true.
        status = number if place == 0 else number * 10
        action = {"type": "set_status", "status": status}
        return {"id": number * 10_000 + place, "name": f"Trigger {place}", "conditions": [condition], "action": action}

    # `create` in load.lua answers home_town, and not remarks.
    concerned = [{"on": "user_registered"}, *({"on": "field", "field": "home_town", "value": town} for town in ["Oldport", "Ashport"])]
    unconcerned = [{"on": "field", "field": "remarks", "value": f"Remark {place}"} for place in range(count - len(concerned))]
    return {
        "id": number,
        "name": f"{count} triggers",
        "structure": "individual",
        "settings": original["groups"][0]["settings"],
        "forms": [{"id": number, "name": "Household", "level": "parent", "fields": [home_town, *others]}],
        "statuses": [{"id": number, "name": "New"}, {"id": number * 10, "name": "From elsewhere"}],
        "triggers": [trigger(place, condition) for place, condition in enumerate(concerned + unconcerned)],
    }


def measure(bench, database, original):
    seconds = min(bench.given.seconds, 3)
    file = bench.folder / "triggers.json"
    file.write_text(json.dumps(project(json.loads(original.read_text()))))
    database.copy("seeded", "work")
    bench.apply(file, database.url("work"))
    with bench.serve(database.url("work")) as service:
        bench.load("read", service.port, CONNECTIONS, seconds=1)
        bench.print_compared_head(f"{database.title}, create, {CONNECTIONS} connections")
        rounds = [measure_round(bench, service, seconds) for _ in range(ROUNDS)]
    few, many = (statistics.median(turn[side]["per_second"] for turn in rounds) for side in ["few", "many"])
    bench.facts["triggers"] = {"rounds": rounds, "slower": few / many}


def measure_round(bench, service, seconds):
    few = bench.load("create_with_few_triggers", service.port, CONNECTIONS, seconds=seconds)
    bench.add_compared(f"{FEW} triggers", few)
    many = bench.load("create_with_many_triggers", service.port, CONNECTIONS, seconds=seconds)
    bench.add_compared(f"{MANY:,} triggers", many)
    return {"few": few, "many": many}


def check_budgets(bench):
    if facts := bench.facts.get("triggers"):
        name = f"SQLite, create, {CONNECTIONS} connections: {MANY:,} triggers slower than {FEW} by"
        bench.budget(name, 1.1, facts["slower"])
