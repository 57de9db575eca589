/*
 * The generated stubs and dispatch of sample.ipc talk to each other over a fake kernel: two message pages
 * and a count of live handles. Then the same dispatch, and the same stubs, get hostile messages. Whatever
 * arrives, no handler sees a field outside its bounds and no handle is left over.
 */
#include <base/random.h>
#include <base/test.h>
#include <gen/sample_ipc.h>

static uint8_t client_page[IPC_BYTES_MAX], server_page[IPC_BYTES_MAX];
static int live_handles; /* delivered and neither closed nor moved on */
static uint32_t next_handle = 100;
static uint32_t handled; /* handler calls */
static struct ipc_message last_request;
static void (*tamper)(struct ipc_message *reply); /* a hostile server */

void *message_page(void)
{
	return client_page;
}

status_t sys_handle_close(handle_t h)
{
	CHECK(h.value != 0);
	live_handles--;
	return OK;
}

void ipc_close_handles(const struct ipc_message *m)
{
	for (unsigned i = 0; i < ipc_tag_handles(m->tag) && i < IPC_HANDLES_MAX; i++)
		ipc_close(ipc_get_handle(m, i));
}

/* What the kernel does to handles in transit: a copy is new, a moved one leaves its sender. */
static void deliver_handles(struct ipc_message *m)
{
	for (unsigned i = 0; i < ipc_tag_handles(m->tag); i++) {
		CHECK(ipc_get_handle(m, i).value != 0);
		if ((ipc_tag_moved(m->tag) >> i & 1) == 0)
			live_handles++;
		ipc_put_handle(m, i, (handle_t){next_handle++});
	}
}

/* --- the server --- */

static void check_text(struct ipc_text text, uint32_t max)
{
	CHECK(text.len <= max && strlen(text.at) == text.len);
}

static void put(struct ipc_out *out, const void *from, uint32_t len)
{
	CHECK(len <= out->max);
	memcpy(out->at, from, len);
	out->len = len;
}

static handle_t fresh(void)
{
	live_handles++;
	return (handle_t){next_handle++};
}

static status_t on_scalars(void *context, uint64_t badge, uint8_t a, uint16_t b, uint32_t c,
                           uint64_t d, int64_t e, uint8_t *va, uint16_t *vb, uint32_t *vc,
                           uint64_t *vd, int64_t *ve)
{
	CHECK(context == &handled && badge == 77);
	handled++;
	*va = a, *vb = b, *vc = c, *vd = d, *ve = e;
	return OK;
}

static status_t on_many(void *context, uint64_t badge, uint64_t w0, uint64_t w1, uint64_t w2,
                        uint64_t w3, uint64_t w4, uint64_t w5, uint64_t w6, uint64_t w7,
                        uint32_t p0, const struct sample_point *where, int64_t p1, uint64_t *sum,
                        struct sample_point *there)
{
	(void)context, (void)badge;
	handled++;
	*sum = w0 + w1 + w2 + w3 + w4 + w5 + w6 + w7 + p0 + (uint64_t)p1;
	*there = *where;
	return OK;
}

static status_t on_texts(void *context, uint64_t badge, struct ipc_text first,
                         struct ipc_bytes middle, struct ipc_text last, struct ipc_out *head,
                         struct ipc_out *body)
{
	(void)context, (void)badge;
	handled++;
	check_text(first, 15);
	check_text(last, 300);
	CHECK(middle.len <= 100);
	put(head, first.at, first.len);
	/* Results must not touch what was given. */
	put(body, middle.at, middle.len);
	check_text(first, 15);
	return OK;
}

static status_t on_caps(void *context, uint64_t badge, handle_t a, handle_t b, handle_t c,
                        uint32_t n, handle_t *x, handle_t *y, uint64_t *bits)
{
	(void)context, (void)badge;
	handled++;
	CHECK(a.value != 0);
	if (n == 1) {
		*y = fresh(); /* set although it fails: the dispatch gives it up */
		return E_ACCESS;
	}
	*bits = (b.value != 0) | (c.value != 0) << 1;
	ipc_close(a);
	ipc_close(b);
	ipc_close(c);
	*x = n == 2 ? fresh() : HANDLE_NONE;
	*y = fresh();
	return OK;
}

static status_t on_nothing(void *context, uint64_t badge)
{
	(void)context, (void)badge;
	handled++;
	return OK;
}

static status_t on_full(void *context, uint64_t badge, struct ipc_bytes data, struct ipc_out *back)
{
	(void)context, (void)badge;
	handled++;
	put(back, data.at, data.len);
	return OK;
}

static status_t on_later(void *context, uint64_t badge, uint32_t n, uint32_t *m)
{
	(void)context, (void)badge, (void)n, (void)m;
	handled++;
	return IPC_DEFERRED;
}

static status_t on_broken(void *context, uint64_t badge, uint32_t how, struct ipc_out *text,
                          handle_t *e)
{
	(void)context, (void)badge;
	handled++;
	if (how == 0)
		put(text, "a\0b", 3);
	if (how == 1)
		text->len = 9;
	if (how != 2)
		*e = fresh();
	return OK;
}

static const struct sample_ops ops = {
	.scalars = on_scalars,
	.many = on_many,
	.texts = on_texts,
	.caps = on_caps,
	.nothing = on_nothing,
	.full = on_full,
	.later = on_later,
	.broken = on_broken,
};

/* --- the kernel between them --- */

status_t ipc_call(handle_t ep, struct ipc_message *m, uint64_t deadline)
{
	CHECK(ep.value == 5 && deadline == 0);
	last_request = *m;
	memset(server_page, 0xee, sizeof(server_page));
	memcpy(server_page, client_page, ipc_tag_bytes(m->tag));
	deliver_handles(m);
	m->badge = 77;
	if (sample_dispatch(&ops, &handled, m, server_page) == IPC_DEFERRED)
		CHECK_EQ(sample_later_reply(m, server_page, 42), OK);
	if (tamper != NULL)
		tamper(m);
	deliver_handles(m);
	memcpy(client_page, server_page, ipc_tag_bytes(m->tag));
	return OK;
}

static const handle_t server = {5};

static void reset(void)
{
	live_handles = 0;
	handled = 0;
	tamper = NULL;
}

TEST(scalars_round_trip_at_their_limits)
{
	uint8_t a = 0;
	uint16_t b = 0;
	uint32_t c = 0;
	uint64_t d = 0;
	int64_t e = 0;

	reset();
	CHECK_EQ(sample_scalars(server, 255, 65535, 0xffffffffu, ~0ull, INT64_MIN, &a, &b, &c, &d,
	                        &e),
	         OK);
	CHECK(a == 255 && b == 65535 && c == 0xffffffffu && d == ~0ull && e == INT64_MIN);
	CHECK_EQ(sample_scalars(server, 1, 2, 3, 4, -5, NULL, NULL, NULL, NULL, &e), OK);
	CHECK_EQ(e, -5);
	CHECK_EQ(ipc_tag_bytes(last_request.tag), 0);
}

TEST(scalars_beyond_the_words_and_structures_travel_in_the_page)
{
	struct sample_point p = {-1, INT64_MAX, {1, 2, 3, 4}, 5, 6}, q;
	uint64_t sum;

	reset();
	CHECK_EQ(sample_many(server, 1, 2, 3, 4, 5, 6, 7, 8, 9, &p, -10, &sum, &q), OK);
	CHECK_EQ(sum, 35);
	CHECK_MEM_EQ(&p, &q, sizeof(p));
	CHECK_EQ(ipc_tag_bytes(last_request.tag), 8 + sizeof(p) + 8);
}

TEST(texts_and_bytes_round_trip_from_empty_to_full)
{
	char head[21], long_text[302];
	uint8_t body[200];
	uint32_t len;

	reset();
	CHECK_EQ(sample_texts(server, "", NULL, 0, "", head, sizeof(head), body, sizeof(body),
	                      &len),
	         OK);
	CHECK(head[0] == 0 && len == 0);
	memset(long_text, 'x', sizeof(long_text));
	long_text[300] = 0;
	CHECK_EQ(sample_texts(server, "fifteen letters", long_text, 100, long_text, head, 21, body,
	                      200, &len),
	         OK);
	CHECK_STR_EQ(head, "fifteen letters");
	CHECK_EQ(len, 100);
	CHECK_EQ(sample_texts(server, "sixteen letters.", "", 0, "", head, 21, body, 200, &len),
	         E_NAMETOOLONG);
	CHECK_EQ(sample_texts(server, "", long_text, 101, "", head, 21, body, 200, &len), E_RANGE);
	CHECK_EQ(handled, 2);
}

TEST(too_little_room_for_a_result_is_a_refusal)
{
	char head[5];
	uint8_t body[4];

	reset();
	CHECK_EQ(sample_texts(server, "four", "1234", 4, "", head, 5, body, 4, NULL), OK);
	CHECK_EQ(sample_texts(server, "fives", "1234", 4, "", head, 5, body, 4, NULL), E_RANGE);
	CHECK_EQ(sample_texts(server, "four", "12345", 5, "", head, 5, body, 4, NULL), E_RANGE);
	CHECK_EQ(sample_texts(server, "", "", 0, "", head, 0, body, 4, NULL), E_RANGE);
}

TEST(padding_holds_nothing_of_the_sender)
{
	char head[21];

	reset();
	memset(client_page, 0x5a, sizeof(client_page));
	CHECK_EQ(sample_texts(server, "abc", "", 0, "", head, 21, NULL, 0, NULL), OK);
	reset();
	memset(client_page, 0x5a, sizeof(client_page));
	tamper = NULL;
	struct ipc_message m = {0};
	struct ipc_writer w;
	ipc_writer_begin(&w, &m, client_page);
	ipc_write_text(&w, "abc", 3, 15);
	ipc_write_u64(&w, 0);
	CHECK(client_page[7] == 0 && client_page[16] == 0x5a);
}

TEST(capabilities_travel_and_their_absence_too)
{
	handle_t x, y;
	uint64_t bits;

	reset();
	CHECK_EQ(sample_caps(server, (handle_t){1}, HANDLE_NONE, (handle_t){2}, 0, &x, &y, &bits),
	         OK);
	CHECK(x.value == 0 && y.value != 0 && bits == 2);
	CHECK_EQ(live_handles, 1);
	CHECK_EQ(sample_caps(server, (handle_t){1}, (handle_t){2}, HANDLE_NONE, 2, &x, &y, &bits),
	         OK);
	CHECK(x.value != 0 && y.value != 0 && bits == 1);
	CHECK_EQ(live_handles, 3);
	CHECK_EQ(sample_caps(server, HANDLE_NONE, HANDLE_NONE, HANDLE_NONE, 0, &x, &y, &bits),
	         E_HANDLE);
	CHECK_EQ(ipc_tag_moved(last_request.tag), 0);
}

TEST(a_failing_or_absent_handler_leaves_no_handle)
{
	handle_t x = {9}, y = {9};
	uint64_t bits = 9;

	reset();
	CHECK_EQ(sample_caps(server, (handle_t){1}, (handle_t){2}, (handle_t){3}, 1, &x, &y, &bits),
	         E_ACCESS);
	CHECK(x.value == 9 && y.value == 9 && bits == 9);
	CHECK_EQ(live_handles, 0);
	CHECK_EQ(sample_absent(server, (handle_t){1}), E_UNSUPPORTED);
	CHECK_EQ(live_handles, 0);
}

TEST(a_handler_that_breaks_its_promise_fails_the_call)
{
	char text[9];
	handle_t e;

	reset();
	CHECK_EQ(sample_broken(server, 0, text, sizeof(text), &e), E_INVAL);
	CHECK_EQ(sample_broken(server, 1, text, sizeof(text), &e), E_NAMETOOLONG);
	CHECK_EQ(sample_broken(server, 2, text, sizeof(text), &e), E_HANDLE);
	CHECK_EQ(live_handles, 0);
}

TEST(an_answer_may_come_later)
{
	uint32_t m;

	reset();
	CHECK_EQ(sample_later(server, 1, &m), OK);
	CHECK_EQ(m, 42);
}

TEST(a_full_page_goes_there_and_back)
{
	uint8_t data[4093], back[4092];
	uint32_t len;

	reset();
	memset(data, 7, sizeof(data));
	CHECK_EQ(sample_full(server, data, 4092, back, sizeof(back), &len), OK);
	CHECK(len == 4092 && memcmp(data, back, len) == 0);
	CHECK_EQ(sample_full(server, data, 4093, back, sizeof(back), &len), E_RANGE);
	CHECK_EQ(sample_nothing(server), OK);
}

/* --- hostile requests --- */

static status_t send_raw(uint32_t op, uint32_t bytes, uint32_t handles, const uint64_t *words)
{
	struct ipc_message m = {.tag = ipc_tag(op, bytes, handles, 0), .badge = 77};

	memcpy(m.words, words, sizeof(m.words));
	for (uint32_t i = 0; i < handles && i < IPC_HANDLES_MAX; i++)
		ipc_put_handle(&m, i, fresh());
	CHECK(sample_dispatch(&ops, &handled, &m, server_page) == OK);
	status_t status = ipc_reply_status(m.tag);
	ipc_close_handles(&m);
	CHECK_EQ(live_handles, 0);
	return status;
}

TEST(malformed_requests_are_refused_before_any_handler)
{
	uint64_t words[8] = {0};

	reset();
	CHECK_EQ(send_raw(SAMPLE_OP_NOTHING, 0, 0, words), OK);
	handled = 0;
	CHECK_EQ(send_raw(SAMPLE_OP_NOTHING, 1, 0, words), E_PROTO);
	CHECK_EQ(send_raw(SAMPLE_OP_NOTHING, 0, 1, words), E_PROTO);
	CHECK_EQ(send_raw(SAMPLE_OP_NOTHING + 100, 0, 2, words), E_UNSUPPORTED);
	CHECK_EQ(send_raw(5, 0, 0, words), E_UNSUPPORTED);
	CHECK_EQ(send_raw(SAMPLE_OP_CAPS, 0, 0, words), E_PROTO);
	CHECK_EQ(send_raw(SAMPLE_OP_CAPS, 0, 2, words), E_PROTO); /* one more than said */
	words[0] = 1;
	CHECK_EQ(send_raw(SAMPLE_OP_CAPS, 0, 1, words), E_PROTO); /* one less than said */
	words[0] = 4;
	CHECK_EQ(send_raw(SAMPLE_OP_CAPS, 0, 1, words), E_PROTO); /* no such option */
	words[0] = 256;
	CHECK_EQ(send_raw(SAMPLE_OP_SCALARS, 0, 0, words), E_PROTO); /* not a u8 */
	CHECK_EQ(handled, 0);
}

TEST(malformed_lengths_are_refused)
{
	uint64_t words[8] = {0};
	uint32_t len = 16;

	reset();
	memset(server_page, 'x', sizeof(server_page));
	memset(server_page, 0, 4);
	CHECK_EQ(send_raw(SAMPLE_OP_TEXTS, 4, 0, words), E_PROTO);
	CHECK_EQ(send_raw(SAMPLE_OP_TEXTS, 3, 0, words), E_PROTO);
	memcpy(server_page, &len, 4);
	CHECK_EQ(send_raw(SAMPLE_OP_TEXTS, 400, 0, words), E_PROTO); /* longer than its bound */
	len = 0xfffffffc;
	memcpy(server_page, &len, 4);
	CHECK_EQ(send_raw(SAMPLE_OP_FULL, 4096, 0, words), E_PROTO); /* would wrap around */
	len = 4092;
	memcpy(server_page, &len, 4);
	CHECK_EQ(send_raw(SAMPLE_OP_FULL, 4095, 0, words), E_PROTO);   /* longer than the message */
	CHECK_EQ(send_raw(SAMPLE_OP_MANY, 8 + 24, 0, words), E_PROTO); /* a field is missing */
	CHECK_EQ(handled, 0);
	CHECK_EQ(send_raw(SAMPLE_OP_FULL, 4096, 0, words), OK);
}

TEST(text_with_a_nul_inside_is_refused)
{
	uint64_t words[8] = {0};
	uint8_t message[24] = {3, 0, 0, 0, 'a', 0, 'b'};

	reset();
	memcpy(server_page, message, sizeof(message));
	CHECK_EQ(send_raw(SAMPLE_OP_TEXTS, 20, 0, words), E_PROTO);
	server_page[5] = 'c';
	CHECK_EQ(send_raw(SAMPLE_OP_TEXTS, 20, 0, words), OK);
	CHECK_EQ(handled, 1);
}

TEST(random_requests_harm_nothing)
{
	struct random random;
	uint64_t words[8];

	reset();
	random_seed(&random, test_seed());
	for (unsigned round = test_rounds(200000); round > 0; round--) {
		for (unsigned i = 0; i < 8; i++)
			words[i] = random_next(&random) >> random_below(&random, 64);
		for (unsigned i = 0; i < 64; i++)
			server_page[random_below(&random, i < 32 ? 64 : 4096)] = random_next(
											 &random) &
			                                                         31;
		uint32_t op = SAMPLE_INTERFACE << 16 | (uint32_t)random_below(&random, 10);
		if (op == SAMPLE_OP_LATER)
			continue;
		uint32_t bytes = (uint32_t)(random_next(&random) & 0x1fff) >>
		                 random_below(&random, 13);
		(void)send_raw(op, bytes, (uint32_t)random_below(&random, 5), words);
	}
	CHECK(handled > 100);
}

/* --- hostile replies --- */

static struct random lies;

static void lie(struct ipc_message *reply)
{
	uint32_t bytes = (uint32_t)random_below(&lies, 2) ? ipc_tag_bytes(reply->tag)
	                                                  : (uint32_t)random_below(&lies, 4097);
	uint32_t handles = ipc_tag_handles(reply->tag);

	if (random_below(&lies, 2)) {
		ipc_close_handles(reply);
		handles = (uint32_t)random_below(&lies, 5);
		for (uint32_t i = 0; i < handles; i++)
			ipc_put_handle(reply, i, fresh());
	}
	uint32_t op = random_below(&lies, 4) ? 0 : (uint32_t)random_next(&lies);
	reply->tag = ipc_tag(op, bytes, handles, 15);
	if (random_below(&lies, 2))
		reply->words[random_below(&lies, 5)] = random_next(&lies) >>
		                                       random_below(&lies, 64);
	if (random_below(&lies, 2))
		server_page[random_below(&lies, 32)] = (uint8_t)random_next(&lies);
}

TEST(random_replies_harm_nothing)
{
	char head[21];
	uint8_t body[200], small = 0;
	uint32_t len, good = 0;
	uint64_t bits;

	reset();
	random_seed(&lies, test_seed());
	tamper = lie;
	for (unsigned round = test_rounds(50000); round > 0; round--) {
		handle_t x = HANDLE_NONE, y = HANDLE_NONE;
		good += sample_texts(server, "a", "bcd", 3, "e", head, 21, body, 200, &len) == OK;
		if (sample_caps(server, (handle_t){1}, HANDLE_NONE, (handle_t){2}, 2, &x, &y,
		                &bits) == OK)
			CHECK(y.value != 0);
		ipc_close(x);
		ipc_close(y);
		(void)sample_scalars(server, 1, 2, 3, 4, 5, &small, NULL, NULL, NULL, NULL);
		CHECK_EQ(live_handles, 0);
	}
	CHECK(good > 100);
}

TEST_MAIN();
