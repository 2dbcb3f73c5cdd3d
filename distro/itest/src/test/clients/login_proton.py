# SPDX-License-Identifier: Apache-2.0
"""login_proton.py URL PATH [KEY=VALUE ...]: puts a row, having logged in with python3-qpid-proton. Keys: user, password, mechanism, ca, cert, key."""
import sys

from proton import Message, SSLDomain
from proton.handlers import MessagingHandler
from proton.reactor import Container

url, path = sys.argv[1:3]
given = dict(pair.split("=", 1) for pair in sys.argv[3:])


class Login(MessagingHandler):
    def on_start(self, event):
        options = {"reconnect": False}
        if "user" in given:
            options.update(user=given["user"], password=given["password"], allow_insecure_mechs=True)
        if "mechanism" in given:
            options.update(sasl_enabled=True, allowed_mechs=given["mechanism"])
        if "ca" in given:
            domain = SSLDomain(SSLDomain.MODE_CLIENT)
            domain.set_trusted_ca_db(given["ca"])
            domain.set_peer_authentication(SSLDomain.VERIFY_PEER)
            if "cert" in given:
                domain.set_credentials(given["cert"], given["key"], None)
            options.update(ssl_domain=domain)
        event.container.create_sender(event.container.connect(url, **options), path)

    def on_sendable(self, event):
        if not getattr(self, "sent", False):
            self.sent = True
            event.sender.send(Message(subject="put", content_type="text/plain", body=b"in", inferred=True))

    def on_accepted(self, event):
        event.connection.close()

    def refused(self, event, what):
        print("refused", what)
        sys.exit(1)

    def on_rejected(self, event):
        self.refused(event, event.delivery.remote.condition)

    def on_link_error(self, event):
        self.refused(event, event.link.remote_condition)

    def on_connection_error(self, event):
        self.refused(event, event.connection.remote_condition)

    def on_transport_error(self, event):
        self.refused(event, event.transport.condition)


Container(Login()).run()
