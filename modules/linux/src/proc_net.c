/*
 * /proc/net: the tables of a container that has no network yet, each with its heading.
 */
#include "file.h"
#include "procfs.h"

#define HEADING(name, line) \
	static int64_t show_##name(struct task *reader __attribute__((unused)), \
	                           const struct synth_target *target __attribute__((unused)), \
	                           struct text *text) \
	{ \
		text_add(text, "%s", line); \
		return 0; \
	}

HEADING(arp, "IP address       HW type     Flags       HW address            Mask     Device\n")
HEADING(dev, "Inter-|   Receive                                                |  Transmit\n"
             " face |bytes    packets errs drop fifo frame compressed multicast|"
             "bytes    packets errs drop fifo colls carrier compressed\n")
HEADING(route,
        "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n")
HEADING(tcp,
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n")
HEADING(tcp6, "  sl  local_address                         remote_address                        "
              "st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n")
HEADING(udp,
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode "
        "ref pointer drops\n")
HEADING(udp6, "  sl  local_address                         remote_address                        "
              "st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n")
HEADING(unix, "Num       RefCount Protocol Flags    Type St Inode Path\n")
HEADING(nothing, "")

#define TABLE(n, s) \
	{ \
		.name = (n), .mode = S_IFREG | 0444, .show = (s) \
	}

const struct synth_entry proc_net_entries[] = {
	TABLE("arp", show_arp),   TABLE("dev", show_dev),   TABLE("if_inet6", show_nothing),
	TABLE("raw", show_tcp),   TABLE("raw6", show_tcp6), TABLE("route", show_route),
	TABLE("tcp", show_tcp),   TABLE("tcp6", show_tcp6), TABLE("udp", show_udp),
	TABLE("udp6", show_udp6), TABLE("unix", show_unix), {0},
};
