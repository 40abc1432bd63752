"""A mail server that takes every message and keeps none, on a port of 127.0.0.1 that it prints first.

Its input tells it what to do, a line each:

  hold   greet nobody who connects from now on: what is to be sent waits
  go     greet those who wait, and count from 0
  count  print {"messages": …, "seconds": …}, the time from the first message to the last

It ends when its input does.
"""

import asyncio
import json
import sys
import time

ANSWERS = {b"EHLO": b"250-sink\r\n250 8BITMIME\r\n", b"DATA": b"354 Go ahead\r\n", b"QUIT": b"221 Bye\r\n"}


class Sink:
    def __init__(self):
        self.waiting = None
        self.messages, self.first, self.last = 0, 0.0, 0.0

    def told(self, word):
        if word == b"hold":
            self.waiting = self.waiting or []
        elif word == b"go":
            self.messages = 0
            held, self.waiting = self.waiting or [], None
            for connection in held:
                connection.greet()
        elif word == b"count":
            seen = {"messages": self.messages, "seconds": self.last - self.first if self.messages else 0}
            print(json.dumps(seen), flush=True)

    def took(self, began):
        if not self.messages:
            self.first = began
        self.messages += 1
        self.last = time.monotonic()


class Connection(asyncio.Protocol):
    def __init__(self, sink):
        self.sink, self.received = sink, b""
        # When its DATA came, while a message is under way.
        self.message_began = None

    def connection_made(self, transport):
        self.transport = transport
        if self.sink.waiting is None:
            self.greet()
        else:
            self.sink.waiting.append(self)

    def greet(self):
        self.transport.write(b"220 sink\r\n")

    def data_received(self, data):
        self.received += data
        while (end := self.received.find(b"\r\n.\r\n" if self.message_began else b"\r\n")) >= 0:
            if self.message_began:
                self.received = self.received[end + 5:]
                self.sink.took(self.message_began)
                self.message_began = None
                self.transport.write(b"250 OK\r\n")
            else:
                word, self.received = self.received[:4].upper(), self.received[end + 2:]
                self.answer(word)

    def answer(self, word):
        self.transport.write(ANSWERS.get(word, b"250 OK\r\n"))
        if word == b"DATA":
            self.message_began = time.monotonic()
        elif word == b"QUIT":
            self.transport.close()


async def main():
    loop, sink, orders = asyncio.get_running_loop(), Sink(), asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    server = await loop.create_server(lambda: Connection(sink), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    while line := await orders.readline():
        sink.told(line.strip())


if __name__ == "__main__":
    asyncio.run(main())
