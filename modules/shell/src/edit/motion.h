/*
 * Moving the terminal's cursor over the view of a display, whose next frame is being shown.
 */
#pragma once
#include "edit/display.h"

/* A cell of the next frame by its place in the view; NULL where there is none. */
const struct cell *motion_cell(const struct display *display, size_t row, size_t column);
/* Sends CSI count final; nothing for a count of 0. */
void motion_control(struct display *display, size_t count, char final);
void motion_pen(struct display *display, uint16_t pen);
/* To a place left of which the view's row is as it should be. */
void motion_to(struct display *display, size_t row, size_t column);
/* To where the user shall see the cursor. */
void motion_cursor(struct display *display, size_t row, size_t column);
/* Writes the next frame's cell there, whose left neighbours are as they should be. */
void motion_draw(struct display *display, size_t row, size_t column);
/* To the first column of a row, without looking at the next frame. */
void motion_to_start(struct display *display, size_t row);
/* Up from a place that only the terminal knows, to the first column. */
void motion_up(struct display *display, size_t rows);
