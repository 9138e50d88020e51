#!/bin/sh
# Installs what the browser tests need and what is missing of it: Chromium and npm through the
# system's package manager, playwright-core and axe-core through npm. Says in one sentence what cannot be
# had, and exits 2.
set -u
cd "$(dirname "$0")/.."

have_tool() { command -v "$1" >/dev/null 2>&1; }
have_browser() { have_tool chromium || have_tool chromium-browser || have_tool google-chrome; }

missing=
have_browser || missing=chromium
have_tool npm || missing="$missing nodejs npm"
if [ -n "$missing" ]; then
    as_root=
    if [ "$(id -u)" -ne 0 ]; then as_root="sudo -n"; fi
    if have_tool apt-get; then
        install="$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y \
--no-install-recommends $missing"
        $install </dev/null || { $as_root apt-get update </dev/null && $install </dev/null; }
    elif have_tool dnf; then
        $as_root dnf install -y $missing </dev/null
    elif have_tool pacman; then
        $as_root pacman -S --needed --noconfirm $missing </dev/null
    else
        false
    fi || {
        echo "qstar: the browser tests need, and it could not be installed here: $missing" >&2
        exit 2
    }
fi
if [ ! -d tests/browser/node_modules/playwright-core ] ||
    [ ! -d tests/browser/node_modules/axe-core ]; then
    (cd tests/browser && npm install --no-package-lock --no-audit --no-fund </dev/null) || {
        echo "qstar: the browser tests need playwright-core and axe-core, which npm could not install" >&2
        exit 2
    }
fi
