# SPDX-License-Identifier: Apache-2.0
"""with_paho.py subscribe|publish NAME PORT PATH [JSON]: the same as subscribe.js and publish.js with python3-paho-mqtt."""
import json
import sys

import paho.mqtt.client as mqtt

action, name, port, path = sys.argv[1:5]
version = mqtt.MQTTv5 if name.endswith("5") else mqtt.MQTTv311
client = mqtt.Client(protocol=version)


def say(what):
    print(name, what if isinstance(what, str) else json.dumps(what), flush=True)


def on_connect(client, userdata, flags, code, properties=None):
    if action == "subscribe":
        client.subscribe(path, 1)
    else:
        client.publish(path, sys.argv[5], 1, True)


def on_message(client, userdata, message):
    text = message.payload.decode()
    say({"topic": message.topic, "retain": bool(message.retain), "value": json.loads(text) if text else None})


client.on_connect = on_connect
client.on_message = on_message
client.on_subscribe = lambda *answer: say("ready")
client.on_publish = lambda *answer: client.disconnect()
client.connect("127.0.0.1", int(port))
client.loop_forever()
