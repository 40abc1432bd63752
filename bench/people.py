"""The people of the client-users and platform-users APIs: those who are searched for, and what lists and reads may cost."""

import contextlib
import json
import statistics
import sys
import time

CONNECTIONS = 16
# More than of anything else: the machine drifts by more than events cost.
EVENT_ROUNDS = 15
SCENARIOS = ["rest_read", "rest_list", "rest_find", "search"]
WITH_CLAIMS = 200
# A list by a filter at most this much slower than with the fewest people; with a million of them this much.
GROWTH, GROWTH_TO_A_MILLION = 1.2, 1.4


def make(service):
    """People with claims; returns the code of each, which nobody else has."""
    codes = [f"code-{number}" for number in range(WITH_CLAIMS)]
    for code in codes:
        claims = {"givenName": "Ella", "code": code, "address": {"city": "Newport"}}
        ask(service, "POST", "/core/v1/users", {"claims": claims})
        ask(service, "POST", "/api/v1/users/", {"custom_properties": {"external_id": code}})
    found = ask(service, "POST", "/core/v1/users/search", {"claims": {"code": codes[0]}})["data"]
    if len(found) != 1:
        sys.exit(f"{len(found)} people were found by a code that one has")
    return codes


def uuids(service):
    """Of everybody, from the list."""
    everybody, path = [], "/api/v1/users/?page_size=1000&cursor="
    while path:
        page = ask(service, "GET", path)
        everybody += [person["id"] for person in page["results"]]
        path = page["next"]
    return everybody


def ask(service, method, path, body=None):
    status, text = service.request(method, path, body)
    if status >= 300:
        sys.exit(f"{method} {path}: {status} {text}")
    return json.loads(text)


def measure_events(bench, database):
    """The same reads, told of and not: of two services, each with a database of its own, in turns."""
    seconds = min(bench.given.seconds, 3)
    bench.print_compared_head(f"{database.title}, a person by id, {CONNECTIONS} connections")
    with contextlib.ExitStack() as stack:
        sides = {}
        for side, copy, settings in [("off", "work", {"CLOGIN_EVENT_BUFFER": "0"}), ("on", "other", {})]:
            database.copy("seeded", copy)
            sides[side] = stack.enter_context(bench.serve(database.url(copy), **settings))

        def reads(side, seconds):
            return bench.load("platform_read", sides[side].port, CONNECTIONS, seconds=seconds, picks="uuids")

        for side in sides:
            reads(side, 2)
        rounds = []
        for _ in range(1 if bench.given.quick else EVENT_ROUNDS):
            # Events are written within a second.
            time.sleep(1.2)
            rounds.append({side: bench.add_compared(f"events {side}", reads(side, seconds)) for side in sides})
    off, on = (statistics.median(turn[side]["per_second"] for turn in rounds) for side in ["off", "on"])
    bench.facts.setdefault("events", {})[database.title] = {"rounds": rounds, "kept": on / off}


def check_budgets(bench, smallest, largest):
    growth = GROWTH_TO_A_MILLION if largest >= 1_000_000 else GROWTH
    for database in ["SQLite", "PostgreSQL"]:
        for scenario in SCENARIOS:
            few, many = (bench.find(database, scenario, users, CONNECTIONS) for users in [smallest, largest])
            if few and many and few is not many:
                name = f"{database}, {scenario}, {CONNECTIONS} connections: p50 with {largest:,} users of that with {smallest:,}"
                bench.budget(name, growth, many["p50_ms"] / few["p50_ms"])
    for database, facts in bench.facts.get("events", {}).items():
        name = f"{database}, a person by id, {CONNECTIONS} connections: events on of off"
        bench.budget(name, 0.9, facts["kept"], at_least=True)
    if row := bench.find("SQLite", "rest_list", largest, CONNECTIONS):
        bench.budget(f"SQLite, {largest:,} users: lists of 100", 1_540, row["per_second"], at_least=True, unit="/s")
