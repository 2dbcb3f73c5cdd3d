# SPDX-License-Identifier: Apache-2.0
"""with_proton.py subscribe|publish NAME ADDRESS PATH [JSON]: the same as subscribe.js and publish.js with python3-qpid-proton."""
import json
import sys

from proton import Message
from proton.handlers import MessagingHandler
from proton.reactor import Container

action, name, address, path = sys.argv[1:5]


def say(what):
    print(name, what if isinstance(what, str) else json.dumps(what), flush=True)


class Client(MessagingHandler):
    def on_start(self, event):
        # A heartbeat as short as this asks for a frame every half second.
        connection = event.container.connect(address, heartbeat=1, reconnect=False)
        if action == "subscribe":
            event.container.create_receiver(connection, path)
        else:
            event.container.create_sender(connection, path)

    def on_link_opened(self, event):
        if action == "subscribe":
            say("ready")

    def on_sendable(self, event):
        if not getattr(self, "sent", False):
            self.sent = True
            event.sender.send(Message(subject="put", content_type="application/json", body=sys.argv[5].encode(), inferred=True))

    def on_accepted(self, event):
        event.connection.close()

    def on_rejected(self, event):
        sys.exit("rejected: %s" % event.delivery.remote.condition)

    def on_link_error(self, event):
        sys.exit("refused: %s" % event.link.remote_condition)

    def on_message(self, event):
        body = event.message.body
        text = bytes(body).decode() if not isinstance(body, str) else body
        say({"topic": event.message.address, "value": json.loads(text) if text else None})


Container(Client()).run()
