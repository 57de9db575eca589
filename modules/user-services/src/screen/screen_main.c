/*
 * The text screen: a terminal drawn into the boot framebuffer, behind console.ipc. Drawing waits until a few
 * milliseconds after the first change, so that a burst of output that scrolls many lines is drawn once. On a
 * machine without a framebuffer it takes output and shows nothing.
 */
#include "common/listeners.h"
#include "common/ring.h"
#include "common/service.h"
#include "screen/pixels.h"
#include "screen/terminal.h"

#include <libanon/log.h>
#include <libanon/memory.h>
#include <libanon/start.h>
#include <libanon/time.h>
#include <user-services/console_ipc.h>

#define EVENT_DRAW 1ul
#define DRAW_DELAY_NS (10 * NS_PER_MS)
#define COLUMNS_WITHOUT_SCREEN 80
#define ROWS_WITHOUT_SCREEN 24
#define ANSWER_BYTES 256u

struct screen {
	struct service service;
	struct terminal terminal;
	struct pixels pixels;
	struct listeners listeners;
	struct ring answers; /* what the terminal says to programs */
	handle_t timer;
	bool is_visible, is_draw_due;
	uint8_t answer_bytes[ANSWER_BYTES];
};

static struct screen self;

static void on_event(struct server *server, uint64_t bits)
{
	struct screen *s = server->context;

	(void)bits;
	s->is_draw_due = false;
	pixels_draw(&s->pixels, &s->terminal);
}

static void draw_soon(struct screen *s)
{
	if (!s->is_visible || s->is_draw_due)
		return;
	s->is_draw_due = sys_timer_set(s->timer, deadline_in_ns(DRAW_DELAY_NS), 0) == OK;
}

static void pass_answer(struct screen *s)
{
	struct terminal *t = &s->terminal;

	if (t->answer_len == 0)
		return;
	if (ring_free(&s->answers) >= t->answer_len)
		ring_put(&s->answers, t->answer, t->answer_len);
	t->answer_len = 0;
	listeners_signal(&s->listeners, NEWS_INPUT);
}

static status_t do_write(void *context, uint64_t badge, struct ipc_bytes text, uint32_t *accepted)
{
	struct screen *s = context;

	(void)badge;
	terminal_write(&s->terminal, text.at, text.len);
	*accepted = text.len;
	pass_answer(s);
	draw_soon(s);
	return OK;
}

static status_t do_read(void *context, uint64_t badge, uint32_t max, struct ipc_out *text)
{
	struct screen *s = context;

	(void)badge;
	text->len = ring_take(&s->answers, text->at, max < text->max ? max : text->max);
	return OK;
}

static status_t do_listen(void *context, uint64_t badge, handle_t news, uint64_t bits)
{
	struct screen *s = context;

	(void)badge;
	return listeners_add(&s->listeners, news, bits);
}

/* 0 by 0 says that there is no screen. */
static status_t do_size(void *context, uint64_t badge, uint32_t *columns, uint32_t *rows)
{
	struct screen *s = context;

	(void)badge;
	*columns = s->is_visible ? s->terminal.columns : 0;
	*rows = s->is_visible ? s->terminal.rows : 0;
	return OK;
}

static const struct console_ops console_ops = {
	.write = do_write, .read = do_read, .listen = do_listen, .size = do_size};

static status_t dispatch(struct service *service, struct ipc_message *m, void *page)
{
	(void)service;
	return console_owns(m) ? console_dispatch(&console_ops, &self, m, page) : SERVICE_OBJECT;
}

static bool find_framebuffer(struct screen *s)
{
	handle_t boot = start_handle("boot"), memory = start_handle("framebuffer");
	struct boot_framebuffer shape;
	struct memory_info info;
	void *base;

	if (handle_is_none(boot) || handle_is_none(memory))
		return false;
	if (sys_memory_read(boot, offsetof(struct boot_info, framebuffer), &shape, sizeof(shape)) !=
	            OK ||
	    sys_memory_info(memory, &info) != OK ||
	    memory_map(memory, 0, info.bytes, MAP_READ | MAP_WRITE, &base) != OK)
		return false;
	return pixels_init(&s->pixels, (uint8_t *)base + shape.address % PAGE_SIZE, &shape);
}

static const struct object_type type = {.name = "screen",
                                        .doc = "The framebuffer as a text terminal."};

int main(int argc, char **argv)
{
	struct screen *s = &self;
	status_t status = service_begin(&s->service, HANDLE_NONE, on_event, s);

	(void)argc, (void)argv;
	if (status == OK)
		status = sys_timer_create(s->service.event, EVENT_DRAW, &s->timer);
	if (status != OK) {
		log_error("cannot begin: %s", status_name(status));
		return 1;
	}
	s->answers = (struct ring){.bytes = s->answer_bytes, .size = ANSWER_BYTES};
	s->is_visible = find_framebuffer(s);
	if (s->is_visible)
		terminal_init(&s->terminal, (uint16_t)(s->pixels.shape.width / FONT_WIDTH),
		              (uint16_t)(s->pixels.shape.height / FONT_HEIGHT));
	else
		terminal_init(&s->terminal, COLUMNS_WITHOUT_SCREEN, ROWS_WITHOUT_SCREEN);
	draw_soon(s);
	s->service.dispatch = dispatch;
	return service_run(&s->service, &type);
}
