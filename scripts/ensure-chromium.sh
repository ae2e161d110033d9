#!/bin/sh
# Makes sure that a Chromium for the browser tests is there: the system's own, or Debian's package where it may be installed.
set -eu

for name in chromium chromium-browser google-chrome; do
  if command -v "$name" >/dev/null 2>&1; then exit 0; fi
done

if ! command -v apt-get >/dev/null 2>&1 || [ "$(id -u)" != 0 ]; then
  echo "The browser tests need Chromium. Install it (on Debian: sudo apt-get install chromium) and run npm test again." >&2
  exit 1
fi

echo "Installing Chromium for the browser tests ..."
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null
