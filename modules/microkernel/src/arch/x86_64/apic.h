/*
 * Local APIC of this CPU, and the IOAPICs.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

void pic_disable(void); /* the old 8259 pair */

void apic_init(uint64_t address); /* the boot CPU */
void apic_init_cpu(void);         /* the others */
uint32_t apic_id(void);
void apic_eoi(void);
/* Messages to other CPUs, by APIC number. */
void apic_send(uint32_t target, uint8_t vector);
void apic_send_init(uint32_t target);
void apic_send_start(uint32_t target,
                     uint64_t page); /* below 1 MiB: where it begins, in real mode */
bool apic_reaches(uint32_t target);
void apic_stop_others(void); /* by NMI */
void apic_timer_mode(bool is_tsc_deadline);
void apic_timer_start(uint32_t count); /* one shot; 0 stops it */
uint32_t apic_timer_count(void);
bool apic_is_requested(uint8_t vector); /* it came and was not taken */

void ioapic_add(uint64_t address, uint32_t first_gsi);
bool ioapic_has(uint32_t gsi);
void ioapic_route(uint32_t gsi, uint8_t vector, bool is_level, bool is_low); /* masked */
void ioapic_set_masked(uint32_t gsi, bool is_masked);
