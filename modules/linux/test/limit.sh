# limit.sh: takes everything the container has three times over. The first time the monitor grows to its full
# size; from then on not more than a few pages may be missing afterwards. A witness works all the time.
left() { sed -n 's/^MemFree: *\([0-9]*\) kB/\1/p' /proc/meminfo; }

hog witness &
hog all || exit 1
first=$(left)
hog all && hog all || exit 1
last=$(left)
echo "free: $first kB, then $last kB"
[ $((first - last)) -lt 512 ] && echo "given back"
touch /tmp/over
wait
