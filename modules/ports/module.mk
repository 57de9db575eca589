NAME := ports
USES :=

# Programs of other projects: port NAME is prepared from third_party/NAME_FROM/src by NAME/prepare.sh and compiled by build.sh.
PORTS := busybox toybox make tcc
busybox_FROM := busybox-source
toybox_FROM  := toybox-source
make_FROM    := make-source
tcc_FROM     := tcc-source
