# SPDX-License-Identifier: Apache-2.0
"""Connects MQTT 5 clients by password, token, SCRAM and certificate, and says how many a second and what each costs the server.

python3 logins.py IMAGE FOLDER DEVICES: FOLDER has a data directory and tls/ from `tarn certificate`.
"""
import asyncio, base64, hashlib, hmac, json, os, re, resource, ssl, statistics, struct, subprocess, sys, time, urllib.request

IMAGE, WORK, DEVICES = sys.argv[1], sys.argv[2], int(sys.argv[3])
AT_ONCE = 200
OPEN = 2_000


def text(value):
    data = value if isinstance(value, bytes) else value.encode()
    return struct.pack(">H", len(data)) + data


def packet(first, body):
    length, rest = b"", len(body)
    while True:
        length += bytes([rest % 128 | (0x80 if rest >= 128 else 0)])
        rest //= 128
        if not rest:
            return bytes([first]) + length + body


def connect(client, user=None, password=None, properties=b""):
    flags = 2 | (0xC0 if user is not None else 0)
    body = text("MQTT") + bytes([5, flags]) + struct.pack(">H", 600) + bytes([len(properties)]) + properties + text(client)
    return packet(0x10, body + (text(user) + text(password) if user is not None else b""))


async def receive(reader):
    first = (await reader.readexactly(1))[0]
    length, shift = 0, 0
    while True:
        digit = (await reader.readexactly(1))[0]
        length |= (digit & 127) << shift
        shift += 7
        if digit < 128:
            return first, await reader.readexactly(length)


class Scram:
    """The client's side, with the salted password kept, as RFC 5802 §3 allows."""

    kept = {}

    def __init__(self, name, password):
        self.password, self.bare = password, f"n={name},r={base64.b64encode(os.urandom(12)).decode()}"

    def first(self):
        return ("n,," + self.bare).encode()

    def proof(self, server):
        nonce, salt, rounds = re.fullmatch("r=([^,]+),s=([^,]+),i=([0-9]+)", server.decode()).groups()
        if (salt, rounds) not in self.kept:
            self.kept[salt, rounds] = hashlib.pbkdf2_hmac("sha256", self.password.encode(), base64.b64decode(salt), int(rounds))
        key = hmac.digest(self.kept[salt, rounds], b"Client Key", "sha256")
        last = f"c=biws,r={nonce}"
        signature = hmac.digest(hashlib.sha256(key).digest(), f"{self.bare},{server.decode()},{last}".encode(), "sha256")
        return f"{last},p={base64.b64encode(bytes(a ^ b for a, b in zip(key, signature))).decode()}".encode()


def said(data):
    return b"\x15" + text("SCRAM-SHA-256") + b"\x16" + text(data)


def auth_data(body):
    at = body.index(b"\x16")
    while True:  # the property's length must lead to the end or to another property
        length = struct.unpack(">H", body[at + 1:at + 3])[0]
        if at + 3 + length <= len(body):
            return body[at + 3:at + 3 + length]
        at = body.index(b"\x16", at + 1)


class Node:
    def __init__(self, *settings):
        words = [IMAGE + "/bin/tarn", "start", "--data", WORK + "/data", "--set", "http.port=0", "--set", "mqtt.port=0",
                 "--set", "admin.port=0", "--set", "mqtt.tls.port=0", "--set", f"tls.certificate={WORK}/tls/tarn.crt",
                 "--set", f"tls.key={WORK}/tls/tarn.key", "--set", f"tls.authorities={WORK}/tls/tarn-ca.crt",
                 "--set", "mqtt.connections=20000", "--set", "mqtt.tls.connections=20000"]
        for setting in settings:
            words += ["--set", setting]
        self.log = open(WORK + "/node.log", "w")
        self.process = subprocess.Popen(words, stdout=self.log, stderr=subprocess.STDOUT)
        deadline = time.time() + 60
        while "ready in" not in open(WORK + "/node.log").read():
            if self.process.poll() is not None or time.time() > deadline:
                sys.exit(open(WORK + "/node.log").read())
            time.sleep(0.1)
        self.ready = re.search("ready in.*", open(WORK + "/node.log").read()).group(0)

    def port(self, listener):
        return int(re.search(r"\b" + re.escape(listener) + r" [^ ]*:(\d+)", self.ready).group(1))

    def cpu(self):
        words = open(f"/proc/{self.process.pid}/stat").read().rsplit(") ", 1)[1].split()
        return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")

    def operate(self, **arguments):
        name, password = open(WORK + "/data/administrator-password").read().split()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port('admin')}/operations", json.dumps(arguments).encode(), {
            "Content-Type": "application/json",
            "Authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()})
        return json.load(urllib.request.urlopen(request))

    def stop(self):
        self.process.terminate()
        self.process.wait()


async def many(node, count, login, listener="mqtt", context=None):
    """So many logins, some at once, the last ones kept open; refused ones come again after a while, as devices do."""
    queue, kept, waits, refused = asyncio.Queue(), [], [], 0
    for i in range(count):
        queue.put_nowait(i)
    port = node.port(listener)

    async def device():
        nonlocal refused
        while not queue.empty():
            number = queue.get_nowait()
            begun = time.perf_counter()
            while True:
                try:
                    reader, writer = await asyncio.open_connection(
                        "127.0.0.1", port, ssl=context, server_hostname="localhost" if context else None)
                    ok = await login(number, reader, writer)
                except (OSError, asyncio.IncompleteReadError):
                    ok = False
                if ok:
                    break
                refused += 1
                writer.close()
                await asyncio.sleep(1)
            waits.append(time.perf_counter() - begun)
            kept.append(writer)
            if len(kept) > OPEN:
                kept.pop(0).close()

    cpu, begun = node.cpu(), time.perf_counter()
    await asyncio.gather(*(device() for _ in range(min(AT_ONCE, count))))
    took, used = time.perf_counter() - begun, node.cpu() - cpu
    for writer in kept:
        writer.close()
    waits.sort()
    return took, used, refused, waits[len(waits) // 2], waits[int(len(waits) * 0.99)]


def plain(user, password):
    async def login(number, reader, writer):
        writer.write(connect(f"d{number}", user(number), password))
        return (await receive(reader))[1][1] == 0
    return login


def by_scram(user, password):
    async def login(number, reader, writer):
        scram = Scram(user, password)
        writer.write(connect(f"d{number}", properties=said(scram.first())))
        first, body = await receive(reader)
        if first != 0xF0:
            return False
        properties = said(scram.proof(auth_data(body)))
        writer.write(packet(0xF0, bytes([0x18, len(properties)]) + properties))
        return (await receive(reader))[1][1] == 0
    return login


async def by_certificate(number, reader, writer):
    writer.write(connect(f"d{number}"))
    return (await receive(reader))[1][1] == 0


def tell(name, count, figures):
    took, used, refused, median, late = figures
    print(f"| {name} | {count} | {took:.1f} | {count / took:.0f} | {used / count * 1e3:.2f} | {median * 1e3:.0f} | {late * 1e3:.0f} | {refused} | {os.getloadavg()[0]:.1f} |",
          flush=True)


def main():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    print("| login | devices | s | logins/s | server CPU ms each | median ms | p99 ms | told to come back | load |")
    print("|---|---|---|---|---|---|---|---|---|")
    some = max(50, DEVICES // 50)
    node = Node("security.remember.seconds=0")
    digest = lambda secret, salt: base64.b64encode(hashlib.sha512(secret + salt).digest()).decode()
    lines = "".join(f"dev{i}:$6${base64.b64encode(b'salt').decode()}${digest(b'secret', b'salt')}\n" for i in range(some))
    node.operate(operation="mosquitto_import", passwords=lines)
    node.operate(operation="user_put", name="device", password="secret")
    token = node.operate(operation="token_issue", name="device", minutes=60)["token"]
    user = lambda number: f"dev{number}"
    tell("password, imported, hashed anew", some, asyncio.run(many(node, some, plain(user, "secret"))))
    tell("password, not known (Argon2id)", some, asyncio.run(many(node, some, plain(user, "secret"))))
    node.stop()
    node = Node()
    one = lambda number: "device"
    asyncio.run(many(node, 1, plain(one, "secret")))
    tell("password, known", DEVICES, asyncio.run(many(node, DEVICES, plain(one, "secret"))))
    tell("token", DEVICES, asyncio.run(many(node, DEVICES, plain(one, token))))
    tell("SCRAM-SHA-256", DEVICES, asyncio.run(many(node, DEVICES, by_scram("device", "secret"))))
    context = ssl.create_default_context(cafile=WORK + "/tls/tarn-ca.crt")
    context.load_cert_chain(WORK + "/tls/device.crt", WORK + "/tls/device.key")
    tell("certificate (TLS 1.3)", DEVICES, asyncio.run(many(node, DEVICES, by_certificate, "mqtt.tls", context)))
    node.stop()


main()
