/*
 * Interrupt sources: device lines and message interrupts, each with a vector of its own, from
 * VECTOR_FIRST_SOURCE upwards. A level-triggered line is masked when it fires, because it stays up until the
 * driver has run; edges and messages are not, or the next one would be lost.
 */
#include "arch/x86_64/irq.h"
#include <stddef.h>
#include <base/assert.h>
#include <microkernel/errors.h>
#include "arch/x86_64/apic.h"
#include "arch/x86_64/clock.h"
#include "arch/x86_64/trap.h"

#define LOCAL_APIC_DEFAULT 0xfee00000u
#define IOAPIC_DEFAULT 0xfec00000u
#define MSI_ADDRESS 0xfee00000u

enum source_kind { SOURCE_FREE, SOURCE_LINE, SOURCE_MESSAGE };

static struct source {
	enum source_kind kind;
	bool is_level;
	uint32_t gsi;
} sources[IRQ_SOURCES];

static RO_AFTER_INIT struct acpi_override overrides[ACPI_OVERRIDES_MAX];
static RO_AFTER_INIT unsigned override_count;

STATIC_ASSERT(VECTOR_FIRST_SOURCE + IRQ_SOURCES <= VECTOR_TIMER);

void irq_init(const struct acpi_machine *machine)
{
	pic_disable();
	apic_init(machine->local_apic ? machine->local_apic : LOCAL_APIC_DEFAULT);
	for (unsigned i = 0; i < machine->ioapic_count; i++)
		ioapic_add(machine->ioapics[i].address, machine->ioapics[i].first_gsi);
	if (!machine->local_apic)
		ioapic_add(IOAPIC_DEFAULT, 0);
	override_count = machine->override_count;
	for (unsigned i = 0; i < override_count; i++)
		overrides[i] = machine->overrides[i];
}

static struct source *source_of(unsigned number)
{
	ASSERT(number < IRQ_SOURCES && sources[number].kind != SOURCE_FREE);
	return &sources[number];
}

static bool find_free(unsigned *out)
{
	for (unsigned i = 0; i < IRQ_SOURCES; i++) {
		if (sources[i].kind == SOURCE_FREE) {
			*out = i;
			return true;
		}
	}
	return false;
}

static bool is_line_taken(uint32_t gsi)
{
	for (unsigned i = 0; i < IRQ_SOURCES; i++)
		if (sources[i].kind == SOURCE_LINE && sources[i].gsi == gsi)
			return true;
	return false;
}

/* The firmware knows how its lines are wired; what it says of one overrides what the driver assumed. */
static const struct acpi_override *find_override(uint32_t gsi)
{
	for (unsigned i = 0; i < override_count; i++)
		if (overrides[i].gsi == gsi)
			return &overrides[i];
	return NULL;
}

status_t arch_irq_bind_gsi(unsigned gsi, unsigned flags, unsigned *out_source)
{
	const struct acpi_override *override = find_override(gsi);
	bool is_level = override ? override->is_level : flags & INTERRUPT_LEVEL;
	bool is_low = override ? override->is_low : flags & INTERRUPT_ACTIVE_LOW;
	unsigned number;

	if (!ioapic_has(gsi) || flags & ~(INTERRUPT_LEVEL | INTERRUPT_ACTIVE_LOW))
		return E_INVAL;
	if (is_line_taken(gsi) || !find_free(&number))
		return E_BUSY;
	sources[number] = (struct source){SOURCE_LINE, is_level, gsi};
	ioapic_route(gsi, (uint8_t)(VECTOR_FIRST_SOURCE + number), is_level, is_low);
	*out_source = number;
	return OK;
}

status_t arch_irq_bind_msi(struct msi_target *out_target, unsigned *out_source)
{
	unsigned number;

	if (!find_free(&number))
		return E_BUSY;
	sources[number] = (struct source){.kind = SOURCE_MESSAGE};
	*out_target = (struct msi_target){
		.address = MSI_ADDRESS | apic_id() << 12,
		.data = VECTOR_FIRST_SOURCE + number,
	};
	*out_source = number;
	return OK;
}

void arch_irq_unbind(unsigned number)
{
	struct source *source = source_of(number);

	if (source->kind == SOURCE_LINE)
		ioapic_set_masked(source->gsi, true);
	source->kind = SOURCE_FREE;
}

/* Message interrupts have no mask here; whoever unbinds one has stopped the device before. */
void arch_irq_mask(unsigned number)
{
	const struct source *source = source_of(number);

	if (source->kind == SOURCE_LINE)
		ioapic_set_masked(source->gsi, true);
}

void arch_irq_unmask(unsigned number)
{
	const struct source *source = source_of(number);

	if (source->kind == SOURCE_LINE)
		ioapic_set_masked(source->gsi, false);
}

static void source_fired(unsigned number)
{
	const struct source *source = &sources[number];

	if (source->kind == SOURCE_LINE && source->is_level)
		ioapic_set_masked(source->gsi, true);
	apic_eoi();
	if (source->kind != SOURCE_FREE)
		interrupt_handle(number);
}

void irq_dispatch(unsigned vector)
{
	if (vector - VECTOR_FIRST_SOURCE < IRQ_SOURCES) {
		source_fired(vector - VECTOR_FIRST_SOURCE);
		return;
	}
	if (vector == VECTOR_SPURIOUS || (vector >= VECTOR_PIC && vector < VECTOR_PIC + 16))
		return; /* never in service: nothing to end */
	apic_eoi();
	if (vector == VECTOR_TIMER)
		clock_timer_fired();
}
