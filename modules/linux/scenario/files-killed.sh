# Runs in the guest for files-killed.scn: names, an open file and its pages were known before the server died.
cd /users/alice || exit 1
echo here >known
echo 12345 >open
sync
exec 3<>open
echo "before: $(cat known)"
[ -e new ] || echo "absent before"
# shellcheck disable=SC3045  # the shells inside know -n
read -r -n 1 first <&3
obj call /sys/scheduler kill '{"name":"files"}'
echo "after: $(cat known)"
[ -e new ] || echo "absent after"
echo "read on: $(cat <&3)"
printf x | dd of=open bs=1 seek=2 conv=notrunc 2>/dev/null
echo "written: $(cat open)"
echo new >new
echo "made: $(cat new)"
rm known
ls known 2>/dev/null
echo "gone: $?"
[ "$first" = 1 ] || echo "read $first first"
