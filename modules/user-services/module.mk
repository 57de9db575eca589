NAME := user-services
USES := base microkernel libanon object-tree distributed-fs
LIB  :=
INTERFACES := interface/user-services/log.ipc interface/user-services/stream.ipc \
	interface/user-services/console.ipc \
	interface/user-services/device.ipc interface/user-services/container.ipc

services_COMMON := src/common/service.c src/common/client.c src/common/listeners.c src/common/text.c

PROGRAMS := init log power memory time users scheduler devices serial keyboard screen console exec session \
	svctest virtio-blk
services_LIBRARIES := object-tree libanon base
init_SRC  := src/init/init_main.c src/init/supervise.c src/init/grant.c src/init/publish.c \
	src/init/init_object.c src/init/manifest.c src/init/manifest_check.c $(services_COMMON)
init_LIBS := $(services_LIBRARIES)
log_SRC   := src/log/log_main.c src/log/journal.c $(services_COMMON)
log_LIBS  := $(services_LIBRARIES)
power_SRC  := src/power/power_main.c $(services_COMMON)
power_LIBS := $(services_LIBRARIES)
memory_SRC  := src/memory/memory_main.c $(services_COMMON)
memory_LIBS := $(services_LIBRARIES)
time_SRC  := src/time/time_main.c src/time/rtc.c $(services_COMMON)
time_LIBS := $(services_LIBRARIES)
users_SRC  := src/users/users_main.c src/users/users.c src/users/storage.c src/users/settings.c $(services_COMMON)
users_LIBS := distributed-fs $(services_LIBRARIES)
scheduler_SRC  := src/scheduler/scheduler_main.c src/scheduler/jobs.c $(services_COMMON)
scheduler_LIBS := $(services_LIBRARIES)
devices_SRC  := src/devices/devices_main.c src/devices/claims.c src/devices/pci.c src/devices/acpi.c $(services_COMMON)
devices_LIBS := $(services_LIBRARIES)
serial_SRC  := src/serial/serial_main.c src/serial/uart.c $(services_COMMON)
serial_LIBS := $(services_LIBRARIES)
keyboard_SRC  := src/keyboard/keyboard_main.c src/keyboard/controller.c src/keyboard/scancode.c $(services_COMMON)
keyboard_LIBS := $(services_LIBRARIES)
screen_SRC  := src/screen/screen_main.c src/screen/pixels.c src/screen/terminal.c src/screen/sequences.c \
	src/screen/font.c $(services_COMMON)
screen_LIBS := $(services_LIBRARIES)
console_SRC  := src/console/console_main.c src/console/port.c $(services_COMMON)
console_LIBS := $(services_LIBRARIES)
exec_SRC  := src/exec/exec_main.c src/exec/shell.c src/exec/frame.c $(services_COMMON)
exec_LIBS := $(services_LIBRARIES)
session_SRC  := src/session/session_main.c src/session/login.c $(services_COMMON)
session_LIBS := $(services_LIBRARIES)
virtio-blk_SRC  := src/virtio-blk/virtio_blk_main.c src/virtio-blk/disk.c src/virtio-blk/virtio_pci.c $(services_COMMON)
virtio-blk_LIBS := $(services_LIBRARIES)
svctest_SRC  := src/svctest/svctest_main.c src/common/client.c src/common/text.c
svctest_LIBS := $(services_LIBRARIES)

UNIT_TESTS := text_test frame_test rtc_test scancode_test terminal_test font_test uart_test acpi_test \
	pci_test manifest_test journal_test users_test
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

journal_test_TEST_SRC  := src/log/journal_test.c src/log/journal.c
users_test_TEST_SRC    := src/users/users_test.c src/users/users.c
users_test_TEST_LIBS   := base

HOST_PROGRAMS := manifest-check screen-glyphs
manifest-check_HOST_SRC := src/init/check_main.c src/init/manifest.c src/init/manifest_check.c src/common/text.c
screen-glyphs_HOST_SRC  := src/screen/glyphs_main.c src/screen/font.c
