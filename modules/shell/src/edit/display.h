/*
 * The screen: what is on it, and the bytes that turn it into the next frame. Works relative to the row where the
 * prompt began, so it never needs to know where on the screen that is.
 */
#pragma once
#include "edit/frame.h"
#include "edit/image.h"
#include "edit/layout.h"

struct display {
	size_t columns, rows; /* the window's */
	struct bytes out;     /* for the terminal; whoever sends it clears it */
	struct frame shown, next;
	size_t shown_top,
		next_top; /* the frame's row that is the view's first, when it is taller than the window */
	size_t row,
		column; /* the terminal's cursor in the view; column == columns: about to wrap */
	size_t made;    /* rows of the screen that the view has used so far */
	uint16_t pen;
	bool is_fresh;      /* nothing is shown; the cursor is at the start of a line */
	struct image image; /* the row being drawn */
	struct pens pens;
	struct bytes once;
};

/* The window's size, 1 by 1 or more. What was wrapped is taken to have been wrapped anew by the terminal. */
void display_resize(struct display *display, size_t columns, size_t rows);
/* From here on nothing is shown, and the cursor is at the start of a line. */
void display_forget(struct display *display);
/* Begins the next frame: to be filled through the layout, then shown. */
struct layout display_begin(struct display *display);
/* Shows the frame begun last. When memory was short, what is shown stays. */
void display_show(struct display *display);
/* Leaves what is shown and goes to the start of the line below it. */
void display_finish(struct display *display);
/* Takes what is shown off the screen, and goes to where it began. */
void display_erase(struct display *display);
/* Clears the whole screen. */
void display_clear(struct display *display);
void display_bell(struct display *display);
void display_free(struct display *display);
