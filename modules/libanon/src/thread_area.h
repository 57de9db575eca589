/*
 * Figures that assembly and C share: the size of a stack and of the area at its top that holds struct
 * anon_thread. thread.c asserts that they agree with the structures.
 */
#pragma once

#define THREAD_STACK_BYTES 65536
#define THREAD_AREA 256
