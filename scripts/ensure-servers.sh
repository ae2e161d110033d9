#!/bin/sh
# Makes sure that the servers for the tests are there, and the client of Debian's that one example uses: the system's own, or
# Debian's packages where they may be installed.
set -eu

has() { command -v "$1" >/dev/null 2>&1 || ls /usr/lib/postgresql/*/bin/"$1" /usr/sbin/"$1" >/dev/null 2>&1; }

missing=""
has redis-server || missing="$missing redis-server"
has initdb || missing="$missing postgresql"
has nginx || missing="$missing nginx-light"
/usr/bin/python3 -c "import socketio, requests, websocket" 2>/dev/null ||
  missing="$missing python3-socketio python3-requests python3-websocket"
if [ -z "$missing" ]; then exit 0; fi

if ! command -v apt-get >/dev/null 2>&1 || [ "$(id -u)" != 0 ]; then
  echo "The tests need$missing. Install them (on Debian: sudo apt-get install$missing) and run npm test again." >&2
  exit 1
fi

echo "Installing$missing for the tests ..."
export DEBIAN_FRONTEND=noninteractive
apt-get -o DPkg::Lock::Timeout=120 update -qq
# The tests start servers of their own: Debian's need not run. Starting them would also fail where a port is taken.
export RUNLEVEL=1
apt-get -o DPkg::Lock::Timeout=120 install -y -qq --no-install-recommends $missing >/dev/null
