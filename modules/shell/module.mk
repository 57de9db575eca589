NAME := shell
USES := base

SHELL_LANGUAGE := src/arena.c src/alias.c src/arith_parse.c src/heredoc.c src/lex_expansion.c src/lex_param.c \
	src/lex_tilde.c src/lex_word.c src/lexer.c src/number.c src/parse_compound.c src/parse_condition.c src/parse_simple.c \
	src/parser.c src/pattern.c src/print.c src/record.c src/characters.c

SHELL_EXPANSION := src/arith_eval.c src/brace.c src/expand.c src/expand_command.c src/expand_list.c \
	src/expand_param.c src/expand_tilde.c src/glob.c src/param_change.c src/prompt.c src/split.c

SHELL_STATE := src/array.c src/command.c src/command_history.c src/job_list.c src/job_terminal.c src/jobs.c src/message.c src/options.c src/out.c \
	src/params.c src/readahead.c src/redir.c src/scope.c src/shell.c src/signals.c src/source.c \
	src/traps.c src/vars.c

SHELL_EXECUTION := src/condition.c src/exec.c src/exec_compound.c src/exec_condition.c src/exec_function.c \
	src/exec_process.c src/exec_simple.c

SHELL_BUILTINS := src/builtin_alias.c src/builtin_cd.c src/builtin_command.c src/builtin_echo.c src/builtin_fc.c \
	src/builtin_flow.c src/builtin_getopts.c src/builtin_jobs.c src/builtin_limits.c src/builtin_printf.c \
	src/builtin_read.c src/builtin_table.c src/builtin_test.c src/builtin_vars.c

SHELL_CORE := $(SHELL_LANGUAGE) $(SHELL_EXPANSION) $(SHELL_STATE) $(SHELL_EXECUTION) $(SHELL_BUILTINS)

LINUX_PROGRAMS    := sh-anon
sh-anon_LINUX_SRC := src/main.c $(SHELL_CORE)

HOST_PROGRAMS         := sh-anon-host
sh-anon-host_HOST_SRC := src/main.c $(SHELL_CORE)

# Any bytes as a script, for fuzzers.
HOST_PROGRAMS    += sh-fuzz
sh-fuzz_HOST_SRC := src/fuzz_main.c src/fuzz.c $(SHELL_CORE)

UNIT_TESTS := arith_test core_test exec_test expand_test fuzz_test parser_test pattern_test
arith_test_TEST_SRC := src/arith_test.c src/test_shell.c $(SHELL_CORE)
core_test_TEST_SRC := src/core_test.c $(SHELL_CORE)
exec_test_TEST_SRC := src/exec_test.c src/test_shell.c $(SHELL_CORE)
expand_test_TEST_SRC := src/expand_test.c src/test_shell.c $(SHELL_CORE)
fuzz_test_TEST_SRC := src/fuzz_test.c src/fuzz.c $(SHELL_CORE)
parser_test_TEST_SRC := src/parser_test.c src/test_shell.c $(SHELL_CORE)
pattern_test_TEST_SRC := src/pattern_test.c src/pattern.c src/characters.c
