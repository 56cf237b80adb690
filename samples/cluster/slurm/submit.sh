#!/usr/bin/env bash
# Segments slides as an array of Slurm, and makes the results of rows that were shared out once all of it has succeeded:
#
#   submit.sh <jobs> <folder of slides> <folder of results> [options of segtile infer]
#   submit.sh 40 slides/ out/ -m model.onnx                  # 40 jobs share the slides
#   submit.sh 4 huge.svs out/ -m model.onnx --shard-rows     # 4 jobs share the rows of one
#
# Needs: folders that all nodes see under the same names, and segtile on the path there (or SEGTILE, a command that starts it). What jobs
# ask for stands in shard.sbatch and merge.sbatch; SBATCH_ACCOUNT, SBATCH_PARTITION and the like say the rest. Submitted again, it goes on
# where jobs were stopped, and keeps what is done.
set -euo pipefail
jobs=$1 slides=$2 out=$3
shift 3
here=$(dirname "$(readlink -f "$0")")
mkdir -p "$out/logs"
array=$(sbatch --parsable --array="1-$jobs" --output="$out/logs/%A-%a.log" "$here/shard.sbatch" "$slides" "$out" "$@")
merge=$(sbatch --parsable --dependency="afterok:$array" --kill-on-invalid-dep=yes --output="$out/logs/%A-merge.log" "$here/merge.sbatch" "$out")
echo "array $array, then merge $merge; see: squeue --me, segtile runs watch $out"
