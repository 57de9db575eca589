# What the standard does not have.
echo {a,b}{1..3} {3..1} {a..e..2} x{,y}
a=(one 'two words' three)
echo "${a[1]}" ${#a[@]} "${a[@]:1}" ${a[-1]}
a+=(four); a[7]=seven; echo ${#a[@]} "${a[@]}"
for x in "${a[@]}"; do printf '[%s]' "$x"; done; echo
unset 'a[0]'; echo "${a[0]-gone}"
s=hello; s+=' world'; echo "$s" ${s:6} ${s:0:4} "${s/o/0}" "${s//o/0}" "${s/#hell/H}"
[[ $s == hello* && ! -z $s ]] && echo pattern
[[ abc123 =~ ^([a-z]+)([0-9]+)$ ]] && echo ${BASH_REMATCH[1]} ${BASH_REMATCH[2]}
[[ "a*" == 'a*' && a < b && 3 -gt 2 ]] && echo cond
echo $'tab\there' $'\x41'
f() { local v=in w; echo $v "${w-unset}"; v=changed; }
v=out; f; echo $v
read line <<<"here string"; echo $line
cat <(echo from process)
echo to process > >(cat); sleep 0.1
{ echo out; echo err >&2; } |& sort
{ echo both; echo of them >&2; } &>/tmp/core_both.$$; cat /tmp/core_both.$$; rm /tmp/core_both.$$
set -o pipefail; false | true; echo $?; set +o pipefail
for 1..3 echo hi
for 2..1; do echo there; done
set -o prefixarith; + 1 2; * 2 3 4; - 5; / 7 2; % 7 2
case a in a) echo one;& b) echo two;; c) echo three;; esac
let 'n = 3 * 4' && echo $n
set -o posix
echo {a,b}
