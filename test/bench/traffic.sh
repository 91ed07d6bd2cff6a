#!/bin/sh
# Measures the way from one machine to another: TCP with one and four streams, small UDP packets, and the time there and back.
#
#   CLIENT='…' SERVER='…' TARGET=address SECONDS_EACH=2 sh traffic.sh FOLDER
#
# CLIENT and SERVER are commands that run the one behind them in a machine. FOLDER gets what iperf3 and ping say.
set -eu
folder=$1
TRIES=50

# A client may end well and have nothing to say, where its server was not there yet.
once() {
  file=$1
  shift
  timeout $((SECONDS_EACH + 20)) $CLIENT iperf3 --json --client "$TARGET" --time "$SECONDS_EACH" "$@" >"$file" </dev/null &&
    grep -q sum_received "$file"
}

# The server is for one test and ends with it, or with the time it has for that.
measure() {
  name=$1
  shift
  timeout $((SECONDS_EACH + 30)) $SERVER iperf3 --server --one-off >/dev/null 2>&1 </dev/null &
  server=$!
  tries=0
  until once "$folder/$name.json" "$@"; do
    tries=$((tries + 1))
    [ "$tries" -lt "$TRIES" ] || { cat "$folder/$name.json" >&2; kill "$server" 2>/dev/null || :; exit 1; }
    sleep 0.1
  done
  wait "$server" || :
}

measure tcp1 --parallel 1
measure tcp4 --parallel 4
measure udp --udp --bandwidth 0 --length 64
timeout 30 $CLIENT ping -q -c 200 -i 0.005 "$TARGET" >"$folder/ping.txt" </dev/null
