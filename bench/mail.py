"""How fast e-mails go out, and what calls feel of it."""

import contextlib
import json
import statistics
import subprocess
import sys
import time

# They last longer than the load beside them.
BACKLOG = 2_000
# So many of them are waited for where nothing else runs. Not all: some are still claimed by the service that queued them.
TIMED = 1_500
ROUNDS = 10
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
        queue(bench, database, sink)
        with service_with_backlog(bench, database, sink, "go"):
            alone = sink.wait_for(TIMED)
        alone["per_second"] = alone["messages"] / alone["seconds"]
        print(f"\n{database.title}: {alone['messages']:,} e-mails alone, {alone['per_second']:,.0f} a second")
        bench.facts["mail"] = {"alone": alone, "rounds": {}, "p99_ratio": {}}
        for connections in CONNECTIONS:
            bench.print_compared_head(f"{database.title}, read, {connections} connections")
            sides = {"quiet": [], "sending": []}
            for turn in range(1 if bench.given.quick else ROUNDS):
                # Some machines are slower the longer they work.
                for side in list(sides)[:: 1 if turn % 2 else -1]:
                    sides[side].append(measure_side(bench, database, sink, side, connections, seconds))
            quiet, sending = (statistics.median(seen["p99_ms"] for seen in sides[side]) for side in ["quiet", "sending"])
            bench.facts["mail"]["rounds"][connections] = sides
            bench.facts["mail"]["p99_ratio"][connections] = sending / quiet


def measure_side(bench, database, sink, side, connections, seconds):
    """Reads, while the backlog waits or while it is sent."""
    with service_with_backlog(bench, database, sink, "go" if side == "sending" else "hold") as service:
        bench.load("read", service.port, connections, seconds=1)
        began, before = time.monotonic(), sink.count()["messages"]
        seen = bench.load("read", service.port, connections, seconds=seconds)
        took, after = time.monotonic() - began, sink.count()["messages"]
    if side == "quiet":
        if after > before:
            sys.exit(f"{after - before:,} e-mails were sent while they should wait")
        return bench.add_compared("e-mails wait", seen)
    if not before < after < TIMED:
        sys.exit(f"{after - before:,} e-mails were sent beside the reads, after {before:,}: it should be some, and not all")
    seen["e_mails_per_second"] = (after - before) / took
    return bench.add_compared(f"{seen['e_mails_per_second']:,.0f} e-mails a second", seen)


@contextlib.contextmanager
def service_with_backlog(bench, database, sink, word):
    """A fresh one, on a copy of what was queued."""
    database.copy("queued", "work")
    sink.tell(word)
    with serve(bench, database, "work", sink) as service:
        yield service


@contextlib.contextmanager
def serve(bench, database, name, sink):
    with bench.serve(database.url(name), CLOGIN_MAIL_URL=sink.url) as service:
        yield service
        # Else it would wait for those that it has begun to send.
        service.process.kill()


def queue(bench, database, sink):
    """Registers those who get an e-mail, in a database of its own. The sink lets all of them wait."""
    database.copy("seeded", "queued")
    sink.tell("hold")
    with serve(bench, database, "queued", sink) as service:
        until = time.monotonic() + 60
        with bench.loading("create_with_mail", service.port, QUEUEING, seconds=60, count=BACKLOG):
            while database.queued_mail("queued") < BACKLOG:
                if time.monotonic() > until:
                    sys.exit(f"{BACKLOG:,} e-mails were not queued: see {bench.keep_log()}")
                time.sleep(0.1)
            # Those under way when the last one is counted come on top.
            time.sleep(0.5)


def check_budgets(bench):
    if facts := bench.facts.get("mail"):
        bench.budget("SQLite: e-mails sent", 200, facts["alone"]["per_second"], at_least=True, unit="/s")
        for connections, ratio in facts["p99_ratio"].items():
            name = f"SQLite, read, {connections} connections: p99 while e-mails are sent of that while they wait"
            bench.budget(name, 1.1, ratio)
