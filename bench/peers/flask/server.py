"""Flask-SocketIO on eventlet, as its documentation starts it: one room that everybody joins on connecting.

    server.py PORT SOCKET

A line "10 200" to the Unix-domain socket SOCKET asks for one turn of eventlet's loop with 10 broadcasts of payloads of
200 bytes. The port opens last; ends with its standard input.
"""

import os
import socket
import sys
import time

import eventlet
from eventlet.hubs import trampoline
from flask import Flask
from flask_socketio import SocketIO, join_room

ENVELOPE_BYTES = len('{"stamp":"t=0000000000000000","text":""}')

app = Flask(__name__)
# The load process sends the Origin that the secured peer asks for.
socketio = SocketIO(app, async_mode="eventlet", cors_allowed_origins="*")


@socketio.on("connect")
def on_connect():
    join_room("room")


def payload_of(size):
    """The payload that bench/peers/payloads.ts describes."""
    stamp = f"t={time.monotonic_ns() // 1000:016d}"
    return {"stamp": stamp, "text": "x" * (size - ENVELOPE_BYTES)}


def take_turns(listener):
    while True:
        connection, _ = listener.accept()
        for line in connection.makefile("r"):
            broadcasts, size = map(int, line.split())
            for _ in range(broadcasts):
                socketio.emit("news", payload_of(size), to="room")
            # The writing is done by a green thread of each client: without this they would wait for the last line.
            eventlet.sleep(0)


def end_with_standard_input():
    # Nothing is written to it: once it can be read, it has ended.
    trampoline(sys.stdin, read=True)
    os._exit(0)


if __name__ == "__main__":
    port, path = sys.argv[1:]
    eventlet.spawn(take_turns, eventlet.listen(path, family=socket.AF_UNIX))
    eventlet.spawn(end_with_standard_input)
    # Of its own accord eventlet serves 1,024 connections at a time.
    socketio.run(app, host="127.0.0.1", port=int(port), log_output=False, max_size=65536)
