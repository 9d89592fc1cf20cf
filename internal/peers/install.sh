#!/bin/sh
# Finds the real programs that the tests talk to, and installs what is missing when it may.
set -u
missing=
command -v dovecot >/dev/null 2>&1 || [ -x /usr/sbin/dovecot ] || missing="$missing dovecot-imapd dovecot-lmtpd"
command -v postfix >/dev/null 2>&1 || [ -x /usr/sbin/postfix ] || missing="$missing postfix"
ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || missing="$missing postgresql"
command -v chromium >/dev/null 2>&1 || missing="$missing chromium fonts-dejavu fonts-noto-color-emoji"
command -v swaks >/dev/null 2>&1 || missing="$missing swaks"
[ -z "$missing" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
	echo "installing for the tests:$missing"
	export DEBIAN_FRONTEND=noninteractive
	apt-get update -qq && apt-get install -y -qq --no-install-recommends $missing </dev/null >/dev/null 2>&1 && exit 0
	echo "could not install:$missing"
fi
echo "without these, tests that need them are skipped and say so:$missing"
[ -z "${TIERLINE_REQUIRE_PEERS:-}" ] # skipping may be forbidden
