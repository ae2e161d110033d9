#!/usr/bin/env node
// A file of its own: npm links commands when it installs, and in a fresh checkout nothing has been built by then.
import "../dist/main.js";
