#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# slurm.sh COMMAND [ARGUMENT]...
#
# Run a command, as root, beside a Slurm of its own with two nodes, n1 and n2:
# munged, slurmctld and a slurmd for each on the loopback of private namespaces,
# with their state in a folder that is removed. SLURM_CONF is set, so sbatch, srun,
# squeue and scancel work.
#
# The exit status is the command's. 77: this machine cannot do it; the reason is
# on stderr. 75: Slurm has not begun. When it returns, no process is left.

here=$(dirname "$(realpath "$0")")
# shellcheck source=tests/env/engine.sh
. "$here/engine.sh"

configure() {
	cat <<-END
		ClusterName=jig
		SlurmctldHost=$host(127.0.0.1)
		SlurmctldPort=16817
		AuthType=auth/munge
		AuthInfo=socket=$folder/munge.socket
		MpiDefault=none
		ProctrackType=proctrack/linuxproc
		TaskPlugin=task/none
		JobAcctGatherType=jobacct_gather/none
		ReturnToService=2
		SlurmUser=root
		SlurmctldPidFile=$folder/slurmctld.pid
		SlurmdPidFile=$folder/slurmd-%n.pid
		SlurmdSpoolDir=$folder/spool-%n
		StateSaveLocation=$folder/state
		SlurmctldLogFile=$folder/slurmctld.log
		SlurmdLogFile=$folder/slurmd-%n.log
		SelectType=select/cons_tres
		SelectTypeParameters=CR_Core
		SchedulerParameters=sched_interval=1,batch_sched_delay=0
		SlurmdParameters=config_overrides
		PropagateResourceLimits=NONE
		KillWait=2
		NodeName=n1 NodeHostname=$host NodeAddr=127.0.0.1 Port=17001 CPUs=4 RealMemory=1000
		NodeName=n2 NodeHostname=$host NodeAddr=127.0.0.1 Port=17002 CPUs=4 RealMemory=1000
		PartitionName=all Nodes=n[1-2] Default=YES MaxTime=INFINITE State=UP
	END
}

inside() {
	host=$(hostname -s)
	ip link set lo up
	# getaddrinfo(3) does not count 127.0.0.1 as an address of this machine.
	ip addr add 127.0.0.2/8 dev lo
	echo "127.0.0.1 localhost $host n1 n2" >"$folder/hosts"
	mount --bind "$folder/hosts" /etc/hosts
	mkdir "$folder"/spool-n{1,2} "$folder/state"
	head -c 64 /dev/urandom >"$folder/key"
	chmod 400 "$folder/key"
	export SLURM_CONF=$folder/slurm.conf
	configure >"$SLURM_CONF"
	printf 'IgnoreSystemd=yes\nConstrainCores=no\n' >"$folder/cgroup.conf"
	munged --force --key-file="$folder/key" --socket="$folder/munge.socket" \
		--log-file="$folder/munged.log" --pid-file="$folder/munged.pid" \
		--seed-file="$folder/munged.seed" 2>/dev/null
	slurmctld -f "$SLURM_CONF"
	slurmd -f "$SLURM_CONF" -N n1
	slurmd -f "$SLURM_CONF" -N n2
	for _ in {1..600}; do
		[ "$(sinfo -h -t idle -o %D 2>/dev/null)" = 2 ] && break
		sleep 0.1
	done
	if [ "$(sinfo -h -t idle -o %D)" != 2 ]; then
		tail -n 20 "$folder"/*.log >&2
		exit 75
	fi
	"$@"
}

engine_begin Slurm 'munged slurmctld slurmd sbatch ip' "$@"
"${engine[@]}" --inside "$folder" "$@"
