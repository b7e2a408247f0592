#!/usr/bin/env bash
# Starts three nodes, asks a model in a loop, kills one of the nodes with kill -9, and shows that answers go on and that the node comes back. Prints how many
# requests failed, and cleans up.
# Like Elasticsearch's clients the loop goes to the next node when one cannot be reached; a request counts as failed when no node answers it with 200.
#   --port PORT        of the first node; default 9200
#   --seconds SECONDS  how long to ask after the kill; default 10
set -euo pipefail

root="$(cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/.." && pwd)"
port=9200 seconds=10
while (($#)); do
  case "$1" in
    --port) port="${2:?--port needs a number}" && shift ;;
    --seconds) seconds="${2:?--seconds needs a number}" && shift ;;
    -h | --help) sed -n '2,6s/^# \?//p' "${BASH_SOURCE[0]}" && exit 0 ;;
    *) echo "Unknown option $1; --help lists them." >&2 && exit 2 ;;
  esac
  shift
done

data="$(mktemp -d -t kill-a-node.XXXXXX)"
log="$data/nodes.log"
cluster=""
clean_up() {
  if [[ -n "$cluster" ]]; then
    echo "Stopping the nodes…"
    kill -TERM "$cluster" 2>/dev/null || true
    wait "$cluster" || true
  fi
  rm -rf "$data"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

echo "Starting three nodes on the ports $port to $((port + 2))…"
"$root/run" --cluster 3 --port "$port" --processors 2 --memory 1gb --data "$data" >"$log" 2>&1 &
cluster=$!
limit=$((SECONDS + 600)) # The first time it is built.
until (("$(grep -c 'ready on http://' "$log")" >= 3)); do
  kill -0 "$cluster" 2>/dev/null && ((SECONDS < limit)) || { cat "$log" >&2 && exit 1; }
  sleep 0.2
done
nodes=("http://127.0.0.1:$port" "http://127.0.0.1:$((port + 1))" "http://127.0.0.1:$((port + 2))")

# Four allocations need two nodes of two processors, and any two of the three have room for them.
echo "Starting tiny-ner with four allocations…"
curl -sS --fail-with-body -X POST "${nodes[0]}/_ml/trained_models/tiny-ner/deployment/_start?deployment_id=names&number_of_allocations=4&wait_for=fully_allocated&timeout=60s" >/dev/null

where_it_runs() {
  curl -sS "$1/_ml/trained_models/names/_stats" | grep -o '"external_id":"[^"]*"' | cut -d'"' -f4 | sort -u | paste -sd' '
}
victim="$(where_it_runs "${nodes[0]}" | cut -d' ' -f1)"
echo "It runs on: $(where_it_runs "${nodes[0]}")"

asked=0 failed=0 passed_over=0 first=0
declare -A answers
ask() {
  local attempt node status
  asked=$((asked + 1))
  for attempt in 0 1 2; do
    node="${nodes[(first + attempt) % 3]}"
    status="$(curl -s -o "$data/answer" -w '%{http_code}' --max-time 30 -H 'Content-Type: application/json' "$node/_ml/trained_models/names/_infer" \
      -d "{\"docs\":[{\"text_field\":\"Tim Cook met Angela Merkel in Berlin, for the ${asked}th time\"}]}")" || status=000
    [[ "$status" == 000 ]] || break
    passed_over=$((passed_over + 1))
  done
  first=$(((first + 1) % 3))
  if [[ "$status" == 200 ]]; then
    answers[$node]=$((${answers[$node]:-0} + 1))
  else
    failed=$((failed + 1))
    echo "  failed: $status $(head -c 300 "$data/answer")"
  fi
}

for ((i = 0; i < 30; i++)); do ask; done
echo "$asked requests before the kill, $failed failed. An answer: $(head -c 120 "$data/answer")…"

echo "kill -9 $victim"
for process in /proc/[0-9]*; do
  command="$(tr '\0' ' ' 2>/dev/null <"$process/cmdline")" || continue
  if [[ "$command" == *"--name $victim "*"--data $data "* ]]; then kill -KILL "${process#/proc/}"; fi
done
end=$((SECONDS + seconds)) shown=$SECONDS
while ((SECONDS < end)); do
  ask
  if ((SECONDS > shown)); then
    shown=$SECONDS
    echo "  $((seconds - end + SECONDS)) s after the kill: $asked requests, $failed failed"
  fi
done

for node in "${nodes[@]}"; do echo "$node answered ${answers[$node]:-0}"; done
for node in "${nodes[@]}"; do
  if now="$(where_it_runs "$node" 2>/dev/null)"; then
    echo "It runs on: $now"
    break
  fi
done
back="${nodes[${victim##*-} - 1]}"
until [[ "$(curl -s -o /dev/null -w '%{http_code}' "$back/readyz")" == 200 ]]; do
  ((SECONDS < end + 60)) || { echo "$victim has not come back" >&2 && exit 1; }
  sleep 0.2
done
echo "$victim was started again and is ready."
echo "$asked requests, $passed_over times a node could not be reached and the next one was asked, $failed requests failed"
((failed == 0))
