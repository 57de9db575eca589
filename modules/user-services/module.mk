NAME := user-services
USES := base microkernel libanon object-tree
LIB  :=
INTERFACES := interface/user-services/log.ipc interface/user-services/stream.ipc \
	interface/user-services/console.ipc interface/user-services/block.ipc \
	interface/user-services/device.ipc

PROGRAMS :=

UNIT_TESTS := text_test frame_test rtc_test scancode_test terminal_test font_test uart_test acpi_test \
	pci_test manifest_test
text_test_TEST_SRC     := src/common/text_test.c src/common/text.c
frame_test_TEST_SRC    := src/exec/frame_test.c src/exec/frame.c
rtc_test_TEST_SRC      := src/time/rtc_test.c src/time/rtc.c
scancode_test_TEST_SRC := src/keyboard/scancode_test.c src/keyboard/scancode.c
terminal_test_TEST_SRC := src/screen/terminal_test.c src/screen/terminal.c src/screen/sequences.c
terminal_test_TEST_LIBS := base
font_test_TEST_SRC     := src/screen/font_test.c src/screen/font.c
uart_test_TEST_SRC     := src/serial/uart_test.c src/serial/uart.c
acpi_test_TEST_SRC     := src/devices/acpi_test.c src/devices/acpi.c
pci_test_TEST_SRC      := src/devices/pci_test.c src/devices/pci.c
manifest_test_TEST_SRC := src/init/manifest_test.c src/init/manifest.c src/init/manifest_check.c \
	src/common/text.c

HOST_PROGRAMS := manifest-check
manifest-check_HOST_SRC := src/init/check_main.c src/init/manifest.c src/init/manifest_check.c src/common/text.c
