/* For the few functions that every program waits for: all that they call and the compiler sees is inlined. */
#pragma once

#define HOT __attribute__((flatten))
/* Not into them: what happens seldom, or sleeps. */
#define COLD __attribute__((noinline, cold))
