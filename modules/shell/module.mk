NAME := shell
USES := base

# The line editor.
EDIT := src/edit/bytes.c src/edit/candidates.c src/edit/change.c src/edit/command.c src/edit/complete.c \
	src/edit/dispatch.c src/edit/display.c src/edit/editor.c src/edit/frame.c src/edit/history.c src/edit/history_file.c \
	src/edit/image.c src/edit/key_codes.c src/edit/keymap.c src/edit/keys.c src/edit/kill.c src/edit/kill_ring.c \
	src/edit/layout.c src/edit/line.c src/edit/modes.c src/edit/motion.c src/edit/move.c src/edit/pens.c src/edit/plain.c \
	src/edit/quote.c src/edit/recall.c src/edit/search.c src/edit/terminal.c src/edit/undo.c \
	src/edit/utf8.c src/edit/wait.c src/edit/width.c
EDIT_SESSION := src/edit/test/session.c src/edit/test/screen.c
EDIT_TEXT := src/edit/bytes.c src/edit/utf8.c src/edit/width.c

UNIT_TESTS := edit_text_test edit_keys_test edit_history_test edit_display_test edit_editor_test edit_model_test \
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
