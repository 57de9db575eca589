/*
 * Linux's terminal ABI on x86_64: termios bits, control characters and ioctl numbers.
 */
#pragma once
#include <stdint.h>

#define NCCS 19
struct linux_termios {
	uint32_t iflag, oflag, cflag, lflag;
	uint8_t line;
	uint8_t cc[NCCS];
};
struct linux_termios2 {
	uint32_t iflag, oflag, cflag, lflag;
	uint8_t line;
	uint8_t cc[NCCS];
	uint32_t ispeed, ospeed;
};
struct linux_winsize {
	uint16_t rows, columns, xpixel, ypixel;
};

enum tty_cc {
	VINTR,
	VQUIT,
	VERASE,
	VKILL,
	VEOF,
	VTIME,
	VMIN,
	VSWTC,
	VSTART,
	VSTOP,
	VSUSP,
	VEOL,
	VREPRINT,
	VDISCARD,
	VWERASE,
	VLNEXT,
	VEOL2
};

#define IGNBRK 1u
#define BRKINT 2u
#define IGNPAR 4u
#define PARMRK 010u
#define INPCK 020u
#define ISTRIP 040u
#define INLCR 0100u
#define IGNCR 0200u
#define ICRNL 0400u
#define IUCLC 01000u
#define IXON 02000u
#define IXANY 04000u
#define IXOFF 010000u
#define IMAXBEL 020000u
#define IUTF8 040000u

#define OPOST 1u
#define OLCUC 2u
#define ONLCR 4u
#define OCRNL 010u
#define ONOCR 020u
#define ONLRET 040u
#define TABDLY 014000u
#define XTABS 014000u

#define B38400 017u
#define CS8 060u
#define CREAD 0200u
#define HUPCL 02000u
#define CLOCAL 04000u

#define ISIG 1u
#define ICANON 2u
#define ECHO 010u
#define ECHOE 020u
#define ECHOK 040u
#define ECHONL 0100u
#define NOFLSH 0200u
#define TOSTOP 0400u
#define ECHOCTL 01000u
#define ECHOPRT 02000u
#define ECHOKE 04000u
#define IEXTEN 0100000u

#define TCGETS 0x5401u
#define TCSETS 0x5402u
#define TCSETSW 0x5403u
#define TCSETSF 0x5404u
#define TCGETA 0x5405u
#define TCSBRK 0x5409u
#define TCXONC 0x540au
#define TCFLSH 0x540bu
#define TIOCEXCL 0x540cu
#define TIOCNXCL 0x540du
#define TIOCSCTTY 0x540eu
#define TIOCGPGRP 0x540fu
#define TIOCSPGRP 0x5410u
#define TIOCOUTQ 0x5411u
#define TIOCSTI 0x5412u
#define TIOCGWINSZ 0x5413u
#define TIOCSWINSZ 0x5414u
#define TIOCMGET 0x5415u
#define TIOCGSOFTCAR 0x5419u
#define TIOCINQ 0x541bu
#define TIOCCONS 0x541du
#define TIOCGSERIAL 0x541eu
#define TIOCPKT 0x5420u
#define TIOCNOTTY 0x5422u
#define TIOCSETD 0x5423u
#define TIOCGETD 0x5424u
#define TCSBRKP 0x5425u
#define TIOCGSID 0x5429u
#define TCGETS2 0x802c542au
#define TCSETS2 0x402c542bu
#define TCSETSW2 0x402c542cu
#define TCSETSF2 0x402c542du
#define TIOCGPTN 0x80045430u
#define TIOCSPTLCK 0x40045431u
#define TIOCGPTLCK 0x80045439u
#define TIOCGPTPEER 0x5441u
#define VT_OPENQRY 0x5600u
#define KDGKBTYPE 0x4b33u

#define TCIFLUSH 0
#define TCOFLUSH 1
#define TCIOFLUSH 2
#define TCOOFF 0
#define TCOON 1
#define TCIOFF 2
#define TCION 3
