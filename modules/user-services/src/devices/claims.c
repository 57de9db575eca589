/*
 * Giving a function to its driver and taking it back. DMA memory is made here and charged to our vault, so its pages
 * outlive a dead driver, and us, until the function can no longer write to them: bus mastering is cleared and the
 * function reset first, and only then the handles go.
 */
#include "devices/claims.h"

#include <base/bits.h>
#include <libanon/memory.h>
#include <libanon/time.h>

#define RIGHTS_REGISTERS (RIGHT_READ | RIGHT_WRITE | RIGHT_MAP)
#define RIGHTS_DMA (RIGHT_READ | RIGHT_WRITE | RIGHT_MAP | RIGHT_PHYSICAL)
#define RESET_NS (100 * NS_PER_MS)
#define MSIX_CONTROL 2
#define MSIX_TABLE 4
#define MSIX_ENABLE 0x8000u
#define MSIX_MASK_ALL 0x4000u
#define MSIX_ENTRY_WORDS 4
#define MSI_CONTROL 2
#define MSI_ENABLE 1u
#define MSI_WIDE 0x80u

struct claim *claim_of(struct devices *d, const struct pci_function *f)
{
	return &d->claims[f - d->bus.functions];
}

/* The children go by revocation, the parent by closing. */
static void take_back(handle_t *handle)
{
	if (handle_is_none(*handle))
		return;
	(void)sys_handle_revoke(*handle);
	(void)sys_handle_close(*handle);
	*handle = HANDLE_NONE;
}

void claim_release(struct devices *d, struct pci_function *f)
{
	struct claim *c = claim_of(d, f);

	if (pci_reset(&d->bus, f)) {
		(void)sys_thread_sleep(deadline_in_ns(RESET_NS));
		pci_restore_bars(&d->bus, f);
	}
	for (int i = 0; i < PCI_BARS; i++)
		take_back(&c->bars[i]);
	for (int i = 0; i < CLAIM_INTERRUPTS_MAX; i++)
		take_back(&c->interrupts[i]);
	for (int i = 0; i < CLAIM_DMA_MAX; i++)
		take_back(&c->dma[i]);
	if (c->msix)
		(void)memory_unmap((void *)((uint64_t)c->msix & ~(PAGE_SIZE - 1)), c->msix_bytes);
	*c = (struct claim){0};
}

void claim_begin(struct devices *d, struct pci_function *f)
{
	if (claim_of(d, f)->is_active)
		claim_release(d, f);
	pci_command(&d->bus, f, PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_NO_INTX,
	            PCI_COMMAND_MASTER);
	claim_of(d, f)->is_active = true;
}

/* A page of registers that two devices share goes to neither. */
static bool is_alone(const struct devices *d, const struct pci_bar *bar)
{
	uint64_t first = align_down(bar->address, PAGE_SIZE),
		 end = align_up(bar->address + bar->bytes, PAGE_SIZE);

	for (uint32_t i = 0; i < d->bus.count; i++) {
		for (int b = 0; b < PCI_BARS; b++) {
			const struct pci_bar *other = &d->bus.functions[i].bars[b];

			if (other != bar && other->kind == PCI_BAR_MEMORY && other->address < end &&
			    other->address + other->bytes > first)
				return false;
		}
	}
	return is_aligned(bar->address, PAGE_SIZE);
}

static status_t open_bar(struct devices *d, const struct pci_bar *bar, handle_t *out)
{
	if (bar->kind == PCI_BAR_PORTS)
		return sys_ioport_slice(d->ports, bar->address, bar->bytes, out);
	if (bar->kind != PCI_BAR_MEMORY)
		return E_NOENT;
	if (!is_alone(d, bar))
		return E_UNSUPPORTED;
	return sys_memory_slice(d->physical, bar->address, align_up(bar->bytes, PAGE_SIZE),
	                        MEMORY_UNCACHED, out);
}

status_t claim_bar(struct devices *d, struct pci_function *f, uint32_t index, handle_t *out)
{
	struct claim *c = claim_of(d, f);
	const struct pci_bar *bar = &f->bars[index];
	uint32_t rights = bar->kind == PCI_BAR_MEMORY ? RIGHTS_REGISTERS : RIGHT_READ | RIGHT_WRITE;
	status_t status = OK;

	if (handle_is_none(c->bars[index]))
		status = open_bar(d, bar, &c->bars[index]);
	return status == OK ? sys_handle_derive(c->bars[index], rights | RIGHT_TRANSFER, 0, out)
	                    : status;
}

/* --- interrupts --- */

static status_t map_msix(struct devices *d, struct pci_function *f, uint32_t at)
{
	struct claim *c = claim_of(d, f);
	uint32_t where = pci_read(&d->bus, f, at + MSIX_TABLE, 4), index = where & 7;
	uint64_t offset = where & ~7u, page = align_down(offset, PAGE_SIZE);
	uint32_t entries = (pci_read(&d->bus, f, at + MSIX_CONTROL, 2) & 0x7ff) + 1;
	uint64_t end = offset + entries * MSIX_ENTRY_WORDS * sizeof(uint32_t);
	handle_t registers;
	status_t status;
	void *base;

	if (index >= PCI_BARS || f->bars[index].kind != PCI_BAR_MEMORY ||
	    end > f->bars[index].bytes)
		return E_UNSUPPORTED;
	status = claim_bar(d, f, index, &registers);
	if (status != OK)
		return status;
	c->msix_bytes = align_up(end - page, PAGE_SIZE);
	status = memory_map(registers, page, c->msix_bytes, MAP_READ | MAP_WRITE, &base);
	(void)sys_handle_close(registers);
	if (status != OK)
		return status;
	c->msix = (volatile uint32_t *)((uint8_t *)base + (offset - page));
	c->msix_entries = entries;
	return OK;
}

static status_t set_msix(struct devices *d, struct pci_function *f, uint32_t at, uint32_t vector,
                         const struct msi_target *target)
{
	struct claim *c = claim_of(d, f);
	volatile uint32_t *entry;
	uint32_t control;
	status_t status = c->msix ? OK : map_msix(d, f, at);

	if (status != OK)
		return status;
	if (vector >= c->msix_entries)
		return E_LIMIT;
	entry = c->msix + vector * MSIX_ENTRY_WORDS;
	entry[0] = (uint32_t)target->address;
	entry[1] = (uint32_t)(target->address >> 32);
	entry[2] = target->data;
	entry[3] = 0;
	control = pci_read(&d->bus, f, at + MSIX_CONTROL, 2);
	pci_write(&d->bus, f, at + MSIX_CONTROL, 2, (control | MSIX_ENABLE) & ~MSIX_MASK_ALL);
	return OK;
}

static status_t set_msi(struct devices *d, struct pci_function *f, uint32_t at, uint32_t vector,
                        const struct msi_target *target)
{
	uint32_t control = pci_read(&d->bus, f, at + MSI_CONTROL, 2);
	uint32_t data_at = at + (control & MSI_WIDE ? 12 : 8);

	if (vector != 0)
		return E_LIMIT;
	pci_write(&d->bus, f, at + 4, 4, (uint32_t)target->address);
	if (control & MSI_WIDE)
		pci_write(&d->bus, f, at + 8, 4, (uint32_t)(target->address >> 32));
	pci_write(&d->bus, f, data_at, 2, target->data & 0xffff);
	pci_write(&d->bus, f, at + MSI_CONTROL, 2, (control & ~0x70u) | MSI_ENABLE);
	return OK;
}

static status_t set_vector(struct devices *d, struct pci_function *f, uint32_t vector,
                           const struct msi_target *target)
{
	uint32_t msix = pci_capability(&d->bus, f, PCI_CAP_MSIX),
		 msi = pci_capability(&d->bus, f, PCI_CAP_MSI);

	if (msix)
		return set_msix(d, f, msix, vector, target);
	return msi ? set_msi(d, f, msi, vector, target) : E_UNSUPPORTED;
}

status_t claim_interrupt(struct devices *d, struct pci_function *f, uint32_t vector, handle_t news,
                         uint64_t bits, handle_t *out)
{
	struct claim *c = claim_of(d, f);
	struct msi_target target;
	handle_t *slot;
	status_t status;

	if (vector >= CLAIM_INTERRUPTS_MAX)
		return E_LIMIT;
	slot = &c->interrupts[vector];
	take_back(slot);
	status = sys_interrupt_create_msi(d->interrupts, news, bits, &target, slot);
	if (status == OK)
		status = set_vector(d, f, vector, &target);
	if (status == OK)
		status = sys_handle_derive(*slot, RIGHT_READ | RIGHT_WRITE | RIGHT_TRANSFER, 0,
		                           out);
	if (status != OK)
		take_back(slot);
	return status;
}

static status_t make_dma(struct devices *d, uint64_t bytes, handle_t *out)
{
	handle_t there;
	status_t status = sys_memory_create_dma(d->physical, d->vault_domain, bytes, out);

	return status == OK ? sys_handle_install(d->vault, *out, UINT32_MAX, 0, &there) : status;
}

void claims_forget_dma(struct devices *d)
{
	uint64_t number;

	while (sys_handle_next(d->vault, 0, &number) == OK &&
	       sys_handle_remove(d->vault, number) == OK)
		;
}

status_t claim_dma(struct devices *d, struct pci_function *f, uint64_t bytes, handle_t *out)
{
	struct claim *c = claim_of(d, f);
	handle_t *slot = &c->dma[c->dma_count];
	status_t status;

	if (c->dma_count == CLAIM_DMA_MAX || bytes == 0 ||
	    bytes > CLAIM_DMA_BYTES_MAX - c->dma_bytes)
		return E_LIMIT;
	bytes = align_up(bytes, PAGE_SIZE);
	status = make_dma(d, bytes, slot);
	if (status == OK)
		status = sys_handle_derive(*slot, RIGHTS_DMA | RIGHT_TRANSFER, 0, out);
	if (status != OK) {
		take_back(slot);
		return status;
	}
	c->dma_count++;
	c->dma_bytes += bytes;
	return OK;
}
