# SPDX-License-Identifier: MIT
# Sourced: a Slurm of one node on loopback (munged, slurmctld, slurmd), in $work/slurm. Needs root.

start_slurm() {
    local dir=$work/slurm host controller_port node_port
    host=$(hostname -s)
    controller_port=$(free_port) node_port=$(free_port)
    mkdir -p "$dir/state" "$dir/spool" && chmod 755 "$work" "$dir"
    dd if=/dev/urandom of="$dir/munge.key" bs=1024 count=1 status=none && chmod 600 "$dir/munge.key"
    munged --force --socket="$dir/munge.socket" --key-file="$dir/munge.key" --pid-file="$dir/munged.pid" \
        --log-file="$dir/munged.log" --seed-file="$dir/munge.seed" || { cat "$dir/munged.log"; return 1; }
    cat >"$dir/slurm.conf" <<END
ClusterName=test
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$controller_port
SlurmdPort=$node_port
AuthType=auth/munge
AuthInfo=socket=$dir/munge.socket,cred_expire=5
CryptoType=crypto/munge
SlurmUser=root
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool
SlurmctldPidFile=$dir/slurmctld.pid
SlurmdPidFile=$dir/slurmd.pid
SlurmctldLogFile=$dir/slurmctld.log
SlurmdLogFile=$dir/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
ReturnToService=2
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=sched_interval=1,sched_min_interval=100000,default_queue_depth=100,requeue_delay=1
SlurmdParameters=config_overrides
KillWait=5
MinJobAge=3600
NodeName=$host NodeAddr=127.0.0.1 CPUs=8 Boards=1 SocketsPerBoard=1 CoresPerSocket=8 ThreadsPerCore=1 RealMemory=4000
PartitionName=scan Nodes=$host Default=YES MaxTime=INFINITE State=UP
END
    export SLURM_CONF=$dir/slurm.conf
    slurmctld -f "$SLURM_CONF" 2>>"$dir/err"
    slurmd -f "$SLURM_CONF" 2>>"$dir/err"
    for _ in $(seq 100); do
        [ "$(sinfo -h -o %T 2>/dev/null)" = idle ] && return 0
        sleep 0.2
    done
    sinfo; for log in "$dir"/*.log "$dir/err"; do tail -n 5 "$log"; done
    return 1
}

stop_slurm() {
    local pid
    scancel --full --user=root 2>/dev/null || true
    for pid in slurmd slurmctld munged; do
        [ -s "$work/slurm/$pid.pid" ] && kill "$(cat "$work/slurm/$pid.pid")" 2>/dev/null
    done
    return 0
}
