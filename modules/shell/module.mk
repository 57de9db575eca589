NAME := shell
USES := base microkernel object-tree linux

SHELL_LANGUAGE := src/arena.c src/alias.c src/arith_parse.c src/heredoc.c src/lex_expansion.c src/lex_param.c \
	src/lex_tilde.c src/lex_word.c src/lexer.c src/number.c src/parse_compound.c src/parse_condition.c src/parse_simple.c \
	src/parser.c src/pattern.c src/print.c src/record.c src/syntax_error.c src/characters.c

SHELL_EXPANSION := src/arith_eval.c src/brace.c src/expand.c src/expand_command.c src/expand_list.c \
	src/expand_param.c src/expand_tilde.c src/glob.c src/param_change.c src/prompt.c src/prompt_escape.c src/split.c

SHELL_STATE := src/array.c src/command.c src/command_history.c src/job_list.c src/job_terminal.c src/jobs.c src/message.c \
	src/options.c src/out.c src/params.c src/readahead.c src/redir.c src/scope.c src/shell.c src/signals.c src/source.c \
	src/traps.c src/vars.c

SHELL_EXECUTION := src/condition.c src/confine.c src/exec.c src/exec_compound.c src/exec_condition.c src/exec_function.c \
	src/exec_process.c src/exec_simple.c

# A user at the prompt.
SHELL_PROMPT := src/at.c src/command_text.c src/complete.c src/complete_confined.c src/complete_path.c src/edit_program.c src/highlight.c \
	src/history_expand.c src/interactive.c src/names.c src/object_rights.c src/objects.c src/program.c src/user_input.c

SHELL_BUILTINS := src/builtin_alias.c src/builtin_cd.c src/builtin_command.c src/builtin_echo.c src/builtin_fc.c \
	src/builtin_flow.c src/builtin_getopts.c src/builtin_help.c src/builtin_history.c src/builtin_jobs.c \
	src/builtin_limits.c src/builtin_ns.c src/builtin_printf.c src/builtin_read.c src/builtin_table.c src/builtin_test.c src/builtin_vars.c \
	src/builtin_with.c src/help_programs.c src/help_shell.c

# The line editor.
EDIT := src/edit/bytes.c src/edit/candidates.c src/edit/change.c src/edit/command.c src/edit/complete.c \
	src/edit/dispatch.c src/edit/display.c src/edit/editor.c src/edit/frame.c src/edit/history.c src/edit/history_file.c \
	src/edit/image.c src/edit/key_codes.c src/edit/keymap.c src/edit/keys.c src/edit/kill.c src/edit/kill_ring.c \
	src/edit/layout.c src/edit/line.c src/edit/modes.c src/edit/motion.c src/edit/move.c src/edit/pens.c src/edit/plain.c \
	src/edit/quote.c src/edit/recall.c src/edit/search.c src/edit/terminal.c src/edit/undo.c \
	src/edit/utf8.c src/edit/wait.c src/edit/width.c

SHELL_CORE := $(SHELL_LANGUAGE) $(SHELL_EXPANSION) $(SHELL_STATE) $(SHELL_EXECUTION) $(SHELL_BUILTINS) \
	$(SHELL_PROMPT) $(EDIT)
SHELL_LIBS := linux object-tree base

LINUX_PROGRAMS    := sh-anon
sh-anon_LINUX_SRC := src/main.c $(SHELL_CORE)
sh-anon_LINUX_LIBS := $(SHELL_LIBS)

HOST_PROGRAMS         := sh-anon-host
sh-anon-host_HOST_SRC := src/main.c $(SHELL_CORE)
sh-anon-host_HOST_LIBS := $(SHELL_LIBS)

# Any bytes as a script.
FUZZERS          := sh-fuzz
sh-fuzz_HOST_SRC := src/fuzz_target.c src/fuzz.c $(SHELL_CORE)
sh-fuzz_HOST_LIBS := $(SHELL_LIBS)

UNIT_TESTS := arith_test core_test exec_test expand_test fuzz_test parser_test pattern_test prompt_test prompt_pty_test
prompt_test_TEST_SRC := src/prompt_test.c src/test_shell.c $(SHELL_CORE)
prompt_test_TEST_LIBS := $(SHELL_LIBS)
# The shell itself, driven on a pseudo-terminal by test/prompt_pty_test.py.
prompt_pty_test_TEST_SRC := src/prompt_pty_test.c $(SHELL_CORE)
prompt_pty_test_TEST_LIBS := $(SHELL_LIBS)
arith_test_TEST_SRC := src/arith_test.c src/test_shell.c $(SHELL_CORE)
arith_test_TEST_LIBS := $(SHELL_LIBS)
core_test_TEST_SRC := src/core_test.c $(SHELL_CORE)
core_test_TEST_LIBS := $(SHELL_LIBS)
exec_test_TEST_SRC := src/exec_test.c src/test_shell.c $(SHELL_CORE)
exec_test_TEST_LIBS := $(SHELL_LIBS)
expand_test_TEST_SRC := src/expand_test.c src/test_shell.c $(SHELL_CORE)
expand_test_TEST_LIBS := $(SHELL_LIBS)
fuzz_test_TEST_SRC := src/fuzz_test.c src/fuzz.c $(SHELL_CORE)
fuzz_test_TEST_LIBS := $(SHELL_LIBS)
parser_test_TEST_SRC := src/parser_test.c src/test_shell.c $(SHELL_CORE)
parser_test_TEST_LIBS := $(SHELL_LIBS)
pattern_test_TEST_SRC := src/pattern_test.c src/pattern.c src/characters.c

# Tests of the line editor.
EDIT_SESSION := src/edit/test/session.c src/edit/test/screen.c
EDIT_TEXT := src/edit/bytes.c src/edit/utf8.c src/edit/width.c

UNIT_TESTS += edit_text_test edit_keys_test edit_history_test edit_display_test edit_editor_test edit_model_test \
	edit_memory_test edit_pty_test
edit_text_test_TEST_SRC    := src/edit/test/text_test.c src/edit/line.c src/edit/undo.c src/edit/kill_ring.c $(EDIT_TEXT)
edit_text_test_TEST_LIBS   := base
edit_keys_test_TEST_SRC    := src/edit/test/keys_test.c src/edit/keys.c src/edit/key_codes.c $(EDIT_TEXT)
edit_keys_test_TEST_LIBS   := base
edit_history_test_TEST_SRC := src/edit/test/history_test.c src/edit/history.c src/edit/history_file.c src/edit/bytes.c
edit_history_test_TEST_LIBS := base
edit_display_test_TEST_SRC := src/edit/test/display_test.c src/edit/test/screen.c src/edit/display.c src/edit/frame.c \
	src/edit/image.c src/edit/layout.c src/edit/motion.c src/edit/pens.c $(EDIT_TEXT)
edit_display_test_TEST_LIBS := base
edit_editor_test_TEST_SRC  := src/edit/test/editor_test.c $(EDIT_SESSION) $(EDIT)
edit_editor_test_TEST_LIBS := base
edit_model_test_TEST_SRC   := src/edit/test/model_test.c $(EDIT_SESSION) $(EDIT)
edit_model_test_TEST_LIBS  := base
edit_memory_test_TEST_SRC  := src/edit/test/memory_test.c $(EDIT_SESSION) $(EDIT)
edit_memory_test_TEST_LIBS := base
# Drives itself on a pseudo-terminal by edit/test/edit_pty_test.py.
edit_pty_test_TEST_SRC     := src/edit/test/edit_demo.c $(EDIT)
