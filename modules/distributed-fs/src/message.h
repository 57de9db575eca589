/* Building the sentences in struct store_message without a C library. */
#pragma once

#include <distributed-fs/store.h>

/* All accept a NULL message and cut what does not fit. */
void message_set(struct store_message *message, const char *text);
void message_add(struct store_message *message, const char *text);
void message_number(struct store_message *message, uint64_t number);
void message_bytes(struct store_message *message, const void *bytes, size_t count);
