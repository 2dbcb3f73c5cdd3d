#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Connections of one client identifier, each taking the session over from the one before, while somebody publishes to it.

  distro/bench/takeovers.py PORT [--pid PID] [--seconds 8] [--window 4] [--rate 500] [--clean]

Counts CONNACKs, and the CPU time that the server with this process id spends on each; so many connections are under way at
once. Ends with an error unless every CONNACK but the first says that
there is a session, all connections are answered or closed and one is left, and everything that was published and acknowledged has come, in order but
for repeats.
"""
import argparse
import os
import selectors
import socket
import struct
import sys
import threading
import time

TOPIC = b"takeover"


def connect(port, client_id, clean):
    made = socket.create_connection(("127.0.0.1", port))
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    text = client_id.encode()
    body = b"\0\4MQTT\4" + bytes([2 if clean else 0]) + b"\0\x3c" + struct.pack(">H", len(text)) + text
    made.sendall(b"\x10" + bytes([len(body)]) + body)
    return made


def cpu(pid):
    """Seconds of a process."""
    with open("/proc/%d/stat" % pid, encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def packets(data):
    """Whole packets as (first byte, content), and the rest."""
    found = []
    while len(data) >= 2:
        length, shift, at = 0, 0, 1
        while at < len(data):
            digit = data[at]
            length |= (digit & 127) << shift
            shift += 7
            at += 1
            if digit < 128:
                break
        else:
            break
        if len(data) < at + length:
            break
        found.append((data[0], data[at:at + length]))
        data = data[at + length:]
    return found, data


class Publisher(threading.Thread):
    """Publishes numbers at quality of service 1, so many a second."""

    def __init__(self, port, rate):
        super().__init__()
        self.link = connect(port, "takeover-publisher", True)
        self.link.recv(4)
        self.rate, self.sent, self.acknowledged, self.over = rate, 0, 0, False

    def run(self):
        begun, data = time.time(), b""
        while not self.over or self.acknowledged < self.sent:
            due = int((time.time() - begun) * self.rate) - self.sent
            for _ in range(0 if self.over else min(due, 200)):
                body = struct.pack(">H", len(TOPIC)) + TOPIC + struct.pack(">HQ", self.sent % 65_535 + 1, self.sent)
                self.link.sendall(b"\x32" + bytes([len(body)]) + body)
                self.sent += 1
            self.link.settimeout(0.002)
            try:
                data += self.link.recv(65_536)
            except TimeoutError:
                continue
            found, data = packets(data)
            self.acknowledged += len(found)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("port", type=int)
    arguments.add_argument("--pid", type=int)
    arguments.add_argument("--seconds", type=float, default=8)
    arguments.add_argument("--window", type=int, default=4)
    arguments.add_argument("--rate", type=int, default=500)
    arguments.add_argument("--clean", action="store_true")
    options = arguments.parse_args()
    client = "taken-%d" % time.time()
    select = selectors.DefaultSelector()
    data, born, latencies, order, repeats = {}, {}, [], [], 0
    count = {"closed": 0, "lost": 0}

    def add(link):
        link.setblocking(False)
        select.register(link, selectors.EVENT_READ)
        data[link] = b""
        born[link] = time.time()
        return link

    first = connect(options.port, client, options.clean)
    first.recv(4)
    body = b"\0\1" + struct.pack(">H", len(TOPIC)) + TOPIC + b"\1"
    first.sendall(b"\x82" + bytes([len(body)]) + body)
    first.recv(5)
    del born[add(first)]

    def read(link):
        nonlocal repeats
        try:
            came = link.recv(262_144)
        except BlockingIOError:
            return
        except ConnectionError:
            came = b""
        if not came:
            count["closed"] += born.pop(link, None) is not None
            select.unregister(link)
            del data[link]
            link.close()
            return
        found, data[link] = packets(data[link] + came)
        answers = b""
        for header, content in found:
            if header >> 4 == 2:
                latencies.append(time.time() - born.pop(link))
                count["lost"] += not options.clean and content != b"\1\0"
            elif header >> 4 == 3:
                rest = content[2 + len(TOPIC):]
                number = struct.unpack(">Q", rest[2:])[0]
                if order and number <= order[-1]:
                    repeats += 1  # marked as such, or read late from a connection that was taken over
                else:
                    order.append(number)
                answers += b"\x40\2" + rest[:2]
        if answers:
            try:
                link.sendall(answers)
            except OSError:
                pass

    publisher = None if options.clean else Publisher(options.port, options.rate)
    if publisher:
        publisher.start()
    begun, spent = time.time(), cpu(options.pid) if options.pid else 0
    while time.time() - begun < options.seconds:
        while len(born) < options.window:
            add(connect(options.port, client, options.clean))
        for key, _ in select.select(0.05):
            read(key.fileobj)
    took, served = time.time() - begun, len(latencies)
    if options.pid:
        print("%.0f us of the server's CPU time for each" % ((cpu(options.pid) - spent) / served * 1e6))
    if publisher:
        publisher.over = True
    patience = time.time() + 30
    while time.time() < patience and (
            born or len(data) > 1 or publisher and (publisher.is_alive() or len(order) < publisher.sent)):
        for key, _ in select.select(0.05):
            read(key.fileobj)
    latencies.sort()
    print("%d takeovers in %.1f s = %.0f/s; closed before CONNACK %d; p50 %.1f ms, p99 %.1f ms" % (
        served, took, served / took, count["closed"],
        latencies[len(latencies) // 2] * 1e3, latencies[int(len(latencies) * 0.99)] * 1e3))
    faults = []
    if count["lost"]:
        faults.append("%d connections found no session" % count["lost"])
    if born or len(data) != 1:
        faults.append("%d connections were not answered, %d are open" % (len(born), len(data)))
    if publisher:
        print("published %d, acknowledged %d, came %d, repeated %d" % (
            publisher.sent, publisher.acknowledged, len(order), repeats))
        if order != list(range(publisher.sent)):
            faults.append("what came is not what was published, each once and in order")
    sys.exit("; ".join(faults) if faults else 0)


main()
