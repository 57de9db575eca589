/* Runs the script of one case in a folder of its own and keeps what came out. */
#pragma once

#include "case.h"

struct sandbox {
	char top[512];      /* holds bin/ and a folder per case */
	char shell[600];    /* the shell's file */
	char *const *words; /* the command, which takes the script's name as its last word */
	int word_count;
	int seconds; /* a case may take */
	int count;   /* cases run so far */
};

struct outcome {
	struct text out, err;
	int status;   /* 128 + signal number when the shell itself was killed by a signal */
	bool is_late; /* the time limit ended it */
};

/* Each of these ends the program with status 2 and a message when the host does not play along. */
void sandbox_create(struct sandbox *sandbox, const char *driver, char *const *shell, int seconds);
void sandbox_run(struct sandbox *sandbox, const struct test_case *test,
                 struct outcome *out_outcome);
void sandbox_destroy(struct sandbox *sandbox);
void outcome_free(struct outcome *outcome);
