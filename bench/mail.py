"""How fast e-mails go out, and what calls feel of it."""

import contextlib
import json
import statistics
import subprocess
import sys
import time

BACKLOG = 2_000
ROUNDS = 5
# Of the reads beside which e-mails are sent.
CONNECTIONS = (16, 64)
# Of those who register, and so queue the e-mails.
QUEUEING = 16


class Sink:
    """A running mail server, of smtp_sink.rs."""

    def __init__(self, bench, stack):
        command = [bench.ceiling_program, "smtp"]
        # Its input ends with the block, and it with its input.
        self.process = stack.enter_context(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
        self.url = f"smtp://127.0.0.1:{int(self.process.stdout.readline())}"

    def tell(self, word):
        print(word, file=self.process.stdin, flush=True)

    def count(self):
        self.tell("count")
        return json.loads(self.process.stdout.readline())

    def wait_for(self, messages):
        """What it counted when it had so many."""
        seen, until = self.count(), time.monotonic() + 60
        while seen["messages"] < messages:
            if time.monotonic() > until:
                sys.exit(f"only {seen['messages']} of {messages} e-mails came")
            time.sleep(0.1)
            seen = self.count()
        return seen


def measure(bench, database):
    seconds = min(bench.given.seconds, 3)
    with contextlib.ExitStack() as stack:
        sink = Sink(bench, stack)
        with fresh_service(bench, database, sink) as service:
            queued = queue(bench, database, service, sink, BACKLOG)
            sink.tell("go")
            alone = sink.wait_for(queued)
        alone["per_second"] = alone["messages"] / alone["seconds"]
        print(f"\n{database.title}: {alone['messages']:,} e-mails alone, {alone['per_second']:,.0f} a second")
        # It lasts longer than the load beside it: that slows the worker down.
        backlog = max(BACKLOG, int(alone["per_second"] * (seconds + 1)))
        bench.facts["mail"] = {"alone": alone, "rounds": {}, "p99_ratio": {}}
        for connections in CONNECTIONS:
            bench.print_compared_head(f"{database.title}, read, {connections} connections")
            count = 1 if bench.given.quick else ROUNDS
            rounds = [measure_round(bench, database, sink, connections, backlog, seconds) for _ in range(count)]
            quiet, sending = (statistics.median(turn[side]["p99_ms"] for turn in rounds) for side in ["quiet", "sending"])
            bench.facts["mail"]["rounds"][connections] = rounds
            bench.facts["mail"]["p99_ratio"][connections] = sending / quiet


def measure_round(bench, database, sink, connections, backlog, seconds):
    """Reads, before there is an e-mail and while they are sent."""
    with fresh_service(bench, database, sink) as service:
        bench.load("read", service.port, connections, seconds=1)
        quiet = bench.add_compared("no e-mails", bench.load("read", service.port, connections, seconds=seconds))
        queued = queue(bench, database, service, sink, backlog)
        sink.tell("go")
        sending = bench.load("read", service.port, connections, seconds=seconds)
        sent = sink.count()["messages"]
    if not 0 < sent < queued:
        sys.exit(f"{sent:,} of {queued:,} e-mails were sent beside the reads: it should be some, and not all")
    sending["e_mails_per_second"] = sent / sending["seconds"]
    bench.add_compared(f"beside {sending['e_mails_per_second']:,.0f} e-mails a second", sending)
    return {"quiet": quiet, "sending": sending}


def fresh_service(bench, database, sink):
    database.copy("seeded", "work")
    return bench.serve(database.url("work"), CLOGIN_MAIL_URL=sink.url)


def queue(bench, database, service, sink, count):
    """Registers so many who get an e-mail, and returns how many they are in the end. The sink lets all of them wait."""
    sink.tell("hold")
    until = time.monotonic() + 60
    with bench.loading("create_with_mail", service.port, QUEUEING, seconds=60, count=count):
        while database.queued_mail("work") < count:
            if time.monotonic() > until:
                sys.exit(f"{count} e-mails were not queued: see {bench.keep_log()}")
            time.sleep(0.1)
        # Those under way when the last one is counted come on top.
        time.sleep(0.5)
    return database.queued_mail("work")


def check_budgets(bench):
    if facts := bench.facts.get("mail"):
        bench.budget("SQLite: e-mails sent", 200, facts["alone"]["per_second"], at_least=True, unit="/s")
        for connections, ratio in facts["p99_ratio"].items():
            name = f"SQLite, read, {connections} connections: p99 while e-mails are sent of that without"
            bench.budget(name, 1.1, ratio)
