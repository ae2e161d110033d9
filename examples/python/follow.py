"""Signs in to examples/express, starts a task there and follows it to its end.

Usage: python3 follow.py [http://localhost:5000] [--name ada] [--transport polling|websocket]
"""

import argparse
import sys
import threading

import requests
import socketio

parser = argparse.ArgumentParser()
parser.add_argument("url", nargs="?", default="http://localhost:5000")
parser.add_argument("--name", default="ada")
parser.add_argument("--transport", choices=["polling", "websocket"], default="websocket")
args = parser.parse_args()

# Signed in as a browser would be: the session has the cookie from here on, for HTTP and for the socket.
http = requests.Session()
http.headers["Origin"] = args.url
http.post(f"{args.url}/login", data={"name": args.name}, allow_redirects=False).raise_for_status()

# The server tells how to connect, and the token that goes with the cookie.
config = http.get(f"{args.url}/realtime/client-config").json()

client = socketio.Client(http_session=http)
ended = threading.Event()
task = {"version": 0}


def show(snapshot):
    """Versions only rise: what arrives late is older than what is shown, and is left out."""
    global task
    if snapshot["version"] <= task["version"]:
        return
    task = snapshot
    print(f"{task['percent'] or 0:3.0f} % {task['status']} {task['step'] or ''}".rstrip(), flush=True)
    if task["status"] in ("completed", "failed", "cancelled"):
        ended.set()


for event in ("progress_update", "task_completed", "task_error", "task_cancelled"):
    client.on(event, show)

client.connect(
    args.url,
    # Over WebSocket this version of the library sends one of its own, and two are refused.
    headers={"Origin": args.url} if args.transport == "polling" else {},
    auth={"csrf": config["csrf"]},
    socketio_path=config["path"],
    transports=[args.transport],
)
started = http.post(f"{args.url}/practice", headers={"X-CSRF-Token": config["csrf"]})
started.raise_for_status()
answer = client.call("join_task", {"task_id": started.json()["task_id"]})
if not answer["ok"]:
    sys.exit(answer["error"]["message"])
show(answer["task"])
ended.wait(timeout=60)
client.disconnect()
print(f"over {args.transport}: {task['status']}, {task.get('result')}")
sys.exit(0 if task["status"] == "completed" else 1)
