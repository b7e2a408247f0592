#!/usr/bin/env bash
# Copies the models of one node or cluster to another through the API, for instance from SQLite to Azure Storage: samples/move-models.sh FROM TO DATA
#   FROM, TO  addresses of nodes, such as http://127.0.0.1:9200
#   DATA      the data directory of FROM, in which its definitions and vocabularies are
# Both serve meanwhile. A model that TO has already is left alone. Deployments and aliases are not copied: start them on TO.
set -euo pipefail

(($# == 3)) || { sed -n '2,5s/^# \?//p' "${BASH_SOURCE[0]}" >&2; exit 2; }
from="$1" to="$2" models="$3/models"
[[ -d "$models" ]] || { echo "There is no $models." >&2; exit 2; }

# put PATH: sends standard input; the answer is shown when it is not 2xx.
put() {
  local answer
  answer="$(curl -sS --fail-with-body -X PUT -H 'Content-Type: application/json' "$to/_ml/trained_models/$1" --data-binary @-)" || { echo "$1: $answer" >&2; return 1; }
}

copied=0
for folder in "$models"/*/; do
  id="$(basename "$folder")"
  # What a PUT would take: the settings without what the server adds.
  config="$(curl -sSf "$from/_ml/trained_models/$id?exclude_generated=true&filter_path=trained_model_configs" 2>/dev/null)" || continue
  config="${config#'{"trained_model_configs":['}" config="${config%']}'}"
  # Where its vocabulary and definition are: elsewhere soon.
  config="$(sed -E 's/"vocabulary":\{"index":"[^"]*"\},//; s/,"location":\{"index":\{"name":"[^"]*"\}\}//' <<<"$config")"
  if curl -sSf -o /dev/null "$to/_ml/trained_models/$id" 2>/dev/null; then
    echo "$id is there already"
    continue
  fi
  instances=("$folder"*/)
  if ((${#instances[@]} > 1)); then
    echo "$id: more than one upload is in $folder; delete the folder of the one that was not finished" >&2
    exit 1
  fi
  parts=("${instances[0]}"part-*.bin) size=0 number=0
  for part in "${parts[@]}"; do size=$((size + $(stat -c %s "$part"))); done
  put "$id" <<<"$config"
  for part in "${parts[@]}"; do
    { printf '{"definition":"' && base64 -w0 "$part" && printf '","total_definition_length":%d,"total_parts":%d}' "$size" "${#parts[@]}"; } | put "$id/definition/$number"
    number=$((number + 1))
  done
  put "$id/vocabulary" <"$(echo "${instances[0]}"vocabulary-*.json)"
  echo "$id is copied: $size bytes in ${#parts[@]} parts"
  copied=$((copied + 1))
done
echo "$copied models copied"
