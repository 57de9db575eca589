# Runs in the guest for survive.scn: survive.sh KILLS SEED SERVICE...
# Programs work on files, pipes and processes (test/survive.c) while services are killed at random, the file server
# more often than the others. Then says what differs from what they had been told, and what handles, objects and pages
# are missing, and leaves sums of all content.
kills=$1
seed=$2
shift 2
work=/users/alice/media/survive
stop=/tmp/stop

next() {
	seed=$(((seed * 1103515245 + 12345) & 0x7fffffff))
	number=$((seed >> 8))
}

pick_service() {
	next
	service=files
	[ $((number % 2)) = 0 ] || shift $((number / 2 % $#))
	[ $((number % 2)) = 0 ] || service=$1
}

kill_one() {
	for _ in $(seq 50); do
		obj call /sys/scheduler kill "{\"name\":\"$service\"}" >/dev/null 2>&1 && return
		sleep 0.2
	done
	echo "$service cannot be killed"
}

count() {
	obj call /sys/memory stats | sed -n "s/.*\"$1\": \([0-9]*\).*/\1/p"
}

# What was taken since the start, of handles, objects or pages, and what files in the cache may have taken.
compare() {
	[ $(($2 - $3)) -le "$4" ] || echo "$(($2 - $3)) $1 more than at the start"
}

mkdir $work
handles=$(count handles)
objects=$(count objects)
free=$(count free)
survive $work $stop "$seed" >/tmp/worked 2>/tmp/steps &
done=0
while [ $done -lt "$kills" ]; do
	pick_service "$@"
	kill_one
	next
	sleep 0.$((number % 50 + 10))
	done=$((done + 1))
done
sleep 1
touch $stop
wait
cat /tmp/worked
cat /tmp/steps >&2
files=$(find $work | wc -l)
sync
sleep 1
compare handles "$(count handles)" "$handles" $((60 + 4 * files))
compare objects "$(count objects)" "$objects" $((20 + files))
compare pages $((free / 4096)) $(($(count free) / 4096)) 2048
cd $work && find . -type f -exec md5sum {} + >../sums && wc -l <../sums >&2
