"""A plain Socket.IO client that prints the name of each event it receives. Usage: plain-client.py URL TRANSPORT"""

import sys

import requests
import socketio

url, transport = sys.argv[1:]
http = requests.Session()
# Over WebSocket this version of the library sends an `Origin` of its own, and two are refused.
if transport == "polling":
    http.headers["Origin"] = url
client = socketio.Client(http_session=http)
for event in ("connection_established", "server_draining"):
    client.on(event, lambda _payload, event=event: print(event, flush=True))
client.connect(url, transports=[transport], wait_timeout=20)
client.wait()
