# Runs in the guest for restarts.scn: restarts.sh ROUNDS SERVICE...
# Three jobs work all the time: finding all files, copying one, writing lines to the console. Meanwhile the
# services are killed one by one. Says what went wrong, or "N copies, N finds, all right".
rounds=$1
shift
work=/users/alice/media
stop=/tmp/stop

find_all() {
	find / \( -path /proc -o -path /obj -o -path /sys -o -path /tmp -o -path /log -o -path $work \) -prune -o -print | wc -l
}

dd if=/dev/urandom of=$work/original bs=64k count=48 2>/dev/null
sum=$(md5sum <$work/original)
names=$(find_all)

find_again() {
	n=0
	until [ -e $stop ]; do
		found=$(find_all 2>/tmp/find-errors)
		[ "$found" = "$names" ] || echo "found $found names, not $names: $(head -n 3 /tmp/find-errors)"
		n=$((n + 1))
	done
	echo "$n finds"
}

copy_again() {
	n=0
	until [ -e $stop ]; do
		rm -f $work/copy
		cp $work/original $work/copy || echo "cp says $?"
		sync || echo "sync says $?"
		[ "$(md5sum <$work/copy)" = "$sum" ] || echo "copy $n differs"
		n=$((n + 1))
	done
	echo "$n copies"
}

write_lines() {
	n=0
	until [ -e $stop ]; do
		n=$((n + 1))
		# shellcheck disable=SC2320  # what the first echo ended with
		echo "tick $n" || echo "line $n: $?" >&2
		sleep 0.02
	done
	echo "ticks end at $n"
}

find_again >/tmp/finds 2>&1 &
copy_again >/tmp/copies 2>&1 &
write_lines >/dev/console 2>/tmp/lines &
while [ "$rounds" -gt 0 ]; do
	for service; do
		obj call /sys/scheduler kill "{\"name\":\"$service\"}" >/dev/null || echo "$service cannot be killed"
		sleep 0.4
	done
	rounds=$((rounds - 1))
done
sleep 1
touch $stop
wait
cat /tmp/finds /tmp/copies /tmp/lines
