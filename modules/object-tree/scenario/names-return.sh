# names-return.sh KILLS: kills the tree so often while three jobs list what is bound in it; says what they missed.
left=$1
stop=/tmp/stop

list_all() {
	find /srv | sort
}

list_again() {
	n=0
	until [ -e $stop ]; do
		list_all 2>&1 | diff /tmp/names - >"/tmp/missing.$1" || echo "walk $n: $(head -n 4 "/tmp/missing.$1")" >&2
		n=$((n + 1))
	done
	echo $n
}

list_all >/tmp/names
for job in 1 2 3; do
	list_again $job >/tmp/walks.$job &
done
while [ "$left" -gt 0 ]; do
	obj call /sys/scheduler kill '{"name":"tree"}' >/dev/null || echo "tree cannot be killed"
	left=$((left - 1))
	sleep 0.3
done
touch $stop
wait
echo "$1 kills, $(cat /tmp/walks.* | awk '{ n += $1 } END { print n }') walks"
