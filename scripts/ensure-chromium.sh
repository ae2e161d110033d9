#!/bin/sh
# Makes sure that the browser tests have a Chromium: the system's own, or Debian's packages where they may be installed.
# The headless shell shows pages in half the processor time; without it the tests use the whole browser.
set -eu

has() { command -v "$1" >/dev/null 2>&1; }

missing=""
has chromium || has chromium-browser || has google-chrome || missing="chromium fonts-dejavu-core"
if [ -z "$missing" ] && has chromium-headless-shell; then exit 0; fi

if ! has apt-get || [ "$(id -u)" != 0 ]; then
  if [ -z "$missing" ]; then exit 0; fi
  echo "The browser tests need Chromium. Install it (on Debian: sudo apt-get install chromium) and run npm test again." >&2
  exit 1
fi

echo "Installing Chromium for the browser tests ..."
export DEBIAN_FRONTEND=noninteractive
apt-get -o DPkg::Lock::Timeout=120 update -qq
if apt-cache show chromium-headless-shell >/dev/null 2>&1; then missing="$missing chromium-headless-shell"; fi
if [ -z "$missing" ]; then exit 0; fi
# shellcheck disable=SC2086 # a list of names
apt-get -o DPkg::Lock::Timeout=120 install -y -qq --no-install-recommends $missing >/dev/null
