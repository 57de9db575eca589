/*
 * The few ACPI facts this system uses: where a table lies, and how the machine is switched off and reset.
 * Physical memory is read through a callback, so the code runs on the host over made-up tables.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct acpi_reader {
	bool (*read)(void *context, uint64_t physical, void *out, uint32_t len);
	void *context;
};

struct acpi_table {
	uint64_t physical;
	uint32_t bytes; /* header included */
};

struct acpi_power {
	uint16_t pm1a_control, pm1b_control; /* ports; 0: absent */
	uint16_t sleep_type_a, sleep_type_b; /* of S5 */
	uint16_t reset_port;                 /* 0: absent */
	uint8_t reset_value;
};

#define ACPI_TABLE_MAX (1u << 20)
#define ACPI_SLEEP_ENABLE (1u << 13)

/* The first table with this four-letter signature whose checksum is right. */
bool acpi_find(const struct acpi_reader *r, uint64_t rsdp, const char *signature,
               struct acpi_table *out);
/* From the FADT and the DSDT it names; false when there is no FADT. */
bool acpi_power(const struct acpi_reader *r, uint64_t rsdp, struct acpi_power *out);
