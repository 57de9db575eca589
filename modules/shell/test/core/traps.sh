# Traps and signals.
trap 'echo exit $?' EXIT
trap 'echo usr1' USR1
kill -USR1 $$
trap '' USR2; kill -USR2 $$; echo ignored
(trap 'echo trapped again' USR2; kill -USR2 $(sh -c 'echo $PPID'))
trap 'echo usr2' USR2; kill -USR2 $$
trap - USR1
(trap 'echo sub exit' EXIT; echo in sub)
(kill -TERM $(sh -c 'echo $PPID'); echo no) 2>/dev/null
echo "killed $?"
f() { trap 'echo in f' USR1; kill -USR1 $$; }
f
sleep 5 & kill $!; wait $! 2>/dev/null; echo "wait $?"
(sleep 0.1; kill -USR2 $$) & wait $!; echo "waited"
trap 'echo int; exit 6' INT
(exit 3)
kill -INT $$
echo no
