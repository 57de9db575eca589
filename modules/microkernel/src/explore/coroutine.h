/*
 * Coroutines whose stacks are variables of the program, and so a part of an explored state.
 */
#pragma once
#include <stdbool.h>

#define COROUTINES 2

void coroutine_start(unsigned index, void (*run)(unsigned index));
void coroutine_resume(unsigned index); /* until it pauses */
void coroutine_pause(void);            /* the one that runs */
bool coroutine_owns(const void *at);   /* in the stack of the one that runs */
