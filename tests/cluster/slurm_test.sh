#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A real Slurm on loopback runs deploy/slurm/sweep over the .gov list; a task is killed midway; the joined result must equal a scan in one piece.
set -u
. "$(dirname "$0")/cluster.sh"
. "$root/tests/cluster/slurm_servers.sh"
trap 'stop_slurm; stop_servers; rm -rf "$work"' EXIT
command -v slurmctld slurmd munged sbatch >/dev/null || skip slurm "slurmctld, slurmd, munge are not installed (make cluster installs them)"
[ "$(id -u)" = 0 ] || skip slurm "the daemons need root"

start_far_end
if start_slurm; then ok "slurm: munged, slurmctld and slurmd are up"; else bad "slurm: does not start"; exit 1; fi
scan_in_one_piece || { bad "slurm: the scan in one piece fails"; exit 1; }

out=$work/sweep
SBATCH_OPTIONS="--mem=100M" "$root/deploy/slurm/sweep" "$list" "$out" 8 4 "${scan_options[@]}" --rate 4k --zone-rate 0 || { bad "slurm: submit"; exit 1; }
killed=$(kill_one_shard "$out") && ok "slurm: $killed was killed -9 midway" || bad "slurm: no task could be killed"

merge=$(squeue -h -n trifecta-merge -o %i)
for _ in $(seq 600); do
    [ -z "$(squeue -h -n trifecta,trifecta-merge -o %i)" ] && break
    sleep 0.5
done
restarts=$(grep -h 'queued again' "$out"/logs/shard-*.log | tee "$work/again")
if [ -s "$work/again" ]; then ok "slurm: requeued: $restarts"; else bad "slurm: nothing was requeued"; cat "$out"/logs/*.log | tail -n 20; fi
if [ "$(jq -r .resumed "$out/$killed/manifest.json")" -ge 1 ]; then ok "slurm: $killed went on from its checkpoint"; else bad "slurm: $killed did not resume"; fi
if [ -s "$out/merged/manifest.json" ]; then ok "slurm: job $merge joined the shards"; else bad "slurm: no merged result"; cat "$out/logs/merge.log"; exit 1; fi
compare "$out/merged" slurm
exit $failed
