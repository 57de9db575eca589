/*
 * IPC between two clients and a server on two CPUs, with the kernel lock, the fast paths, time-outs and kills, for Spin
 * (explore/run.py).
 *
 * A CPU is a process. What it does with the lock exclusive is one step, as nobody else is in the kernel then; under the
 * shared lock every access that others can see is a step of its own, in the order of ipc_fast.c and entry.S. The endpoint's
 * spin lock makes what it guards one step. Queued callers are a set: which one is received first is left open, so all
 * orders are explored.
 *
 * Claims: no thread runs on two CPUs; a request is delivered at most once, and whole; an answer reaches its caller only,
 * once, and whole; no CPU is stuck in the kernel (invalid end states); when the lock is given back, nobody waits for a server
 * that has died; when nothing can happen any more, nobody waits at all.
 *
 * Each SEED_* takes one thing away that the kernel does, and must make a claim fail.
 */
#define CPUS 2
#define CLIENTS 2
#define SERVER 2 /* the thread after the clients */
#define THREADS 3
#define NOBODY 3
#ifndef CALLS
#define CALLS 2 /* of each client */
#endif
#ifndef KILLS
#define KILLS 1
#endif
#ifndef TIME_OUTS
#define TIME_OUTS true /* clients may call with one */
#endif

mtype:state = { READY, RUNNING, CALLING, AWAITING, RECEIVING, DEAD };
mtype:mode = { OUT, WAITING, SHARED, EXCLUSIVE };

mtype:mode mode[CPUS] = OUT;
bit taken;
byte current[CPUS] = NOBODY;
bit attended[CPUS]; /* an interrupt was sent there */

mtype:state state[THREADS] = READY;
byte cpu_of[THREADS];
byte words[THREADS];  /* of a message that takes the general way: a client's own number, or for whom an answer is */
bit timed[THREADS];   /* the wait has a deadline */
bit is_receiving;     /* the server is in the endpoint's queue */
byte owed_to = NOBODY; /* the reply object's caller */

/* What programs know. */
bit asks[THREADS];
bit is_delivered[THREADS];
byte calls_left[THREADS] = CALLS;
byte serves = NOBODY;
byte kills_left = KILLS;

#define WAITS(t) (state[t] == CALLING || state[t] == AWAITING)
#define OTHER(cpu) (1 - (cpu))

/* --- kernel_lock.h --- */
inline lock_shared(me)
{
	do
	:: mode[me] = SHARED;
	   if
	   :: !taken -> break
	   :: else -> mode[me] = WAITING; !taken
	   fi
	od
}

inline lock_exclusive(me)
{
	mode[me] = WAITING;
	atomic { !taken -> taken = 1 }
}

/* The wait for who shares it, and the first thing that is done then: nobody can see the two apart. */
inline drain(me)
{
#ifndef SEED_NO_DRAIN
	mode[OTHER(me)] != SHARED;
#endif
	mode[me] = EXCLUSIVE
}

inline unlock(me)
{
	atomic {
		assert(state[SERVER] != DEAD || (!WAITS(0) && !WAITS(1)));
		attended[me] = 0;
		mode[me] = OUT
	};
	taken = 0
}

/* --- what programs find --- */
inline take_request(word)
{
	assert(word < CLIENTS);
	if
	:: asks[word] -> assert(!is_delivered[word]); is_delivered[word] = 1
	:: else -> assert(state[word] == DEAD) /* it was killed meanwhile */
	fi;
	serves = word
}

inline take_answer(t, word)
{
	assert(asks[t]);
	assert(word == t);
	asks[t] = 0;
	is_delivered[t] = 0
}

inline fail(t)
{
	asks[t] = 0;
	is_delivered[t] = 0
}

/* --- under the exclusive lock: part of an atomic step --- */
inline make_ready(t)
{
	state[t] = READY;
	timed[t] = 0
}

inline choose(me)
{
	if
	:: current[me] == NOBODY ->
	   if
	   :: state[0] == READY -> current[me] = 0
	   :: state[1] == READY -> current[me] = 1
	   :: state[2] == READY -> current[me] = 2
	   :: state[0] != READY && state[1] != READY && state[2] != READY -> skip
	   fi;
	   if
	   :: current[me] != NOBODY ->
	      assert(current[OTHER(me)] != current[me]);
	      state[current[me]] = RUNNING;
	      cpu_of[current[me]] = me
	   :: else -> skip
	   fi
	:: else -> skip
	fi
}

inline call_general(me, t)
{
	if
	:: state[SERVER] == DEAD -> fail(t)
	:: state[SERVER] != DEAD && is_receiving ->
	   is_receiving = 0;
	   owed_to = t;
	   state[t] = AWAITING;
	   make_ready(SERVER);
	   take_request(words[t]);
	   current[me] = NOBODY
	:: else ->
	   state[t] = CALLING;
	   current[me] = NOBODY
	fi
}

inline receive_general(me, t)
{
	if
	:: state[0] == CALLING -> state[0] = AWAITING; owed_to = 0; take_request(words[0])
	:: state[1] == CALLING -> state[1] = AWAITING; owed_to = 1; take_request(words[1])
	:: else ->
	   state[t] = RECEIVING;
	   is_receiving = 1;
	   current[me] = NOBODY
	fi
}

inline answer_general(t)
{
	if
	:: owed_to != NOBODY ->
	   take_answer(owed_to, words[t]);
	   make_ready(owed_to);
	   owed_to = NOBODY
	:: else -> skip
	fi
}

/* The wait ends from outside: a client's, with an error. */
inline cancel(t)
{
	if
	:: owed_to == t -> owed_to = NOBODY
	:: else -> skip
	fi;
	fail(t);
	words[t] = NOBODY /* the result is written over the message */
}

/* The server's handles go with it. */
inline bury_server()
{
	is_receiving = 0;
	if
	:: state[0] == CALLING -> make_ready(0); cancel(0)
	:: else -> skip
	fi;
	if
	:: state[1] == CALLING -> make_ready(1); cancel(1)
	:: else -> skip
	fi;
#ifndef SEED_REPLY_OUTLIVES
	if
	:: owed_to == 0 -> make_ready(0); cancel(0)
	:: owed_to == 1 -> make_ready(1); cancel(1)
	:: else -> skip
	fi
#endif
}

inline bury(t)
{
	if
	:: t == SERVER -> words[t] = NOBODY; bury_server()
	:: else -> cancel(t)
	fi;
	state[t] = DEAD;
	timed[t] = 0
}

/* --- system calls --- */
inline switch_to(me, t)
{
	atomic {
		state[t] = RUNNING;
		assert(current[OTHER(me)] != t);
		current[me] = t;
		cpu_of[t] = me
	}
}

inline call(me, t, word, is_fast)
{
	lock_shared(me);
	atomic {
		is_fast = current[me] == t && !timed[t] && is_receiving;
		if
		:: is_fast -> is_receiving = 0
		:: else -> skip
		fi
	};
	if
	:: is_fast ->
	   state[t] = AWAITING;
	   switch_to(me, SERVER);
	   owed_to = t;
	   mode[me] = OUT;
	   atomic { take_request(word); word = 0 } /* it was in the CPU's registers all the time */
	:: else ->
	   lock_exclusive(me);
	   atomic {
		drain(me);
		if
		:: current[me] == t -> call_general(me, t)
		:: else -> skip
		fi;
		choose(me)
	   };
	   unlock(me)
	fi
}

inline reply_receive(me, t, peer, word, is_fast)
{
	lock_shared(me);
	peer = owed_to;
	is_fast = current[me] == t && peer != NOBODY;
	if
	:: is_fast -> is_fast = !timed[peer] && state[0] != CALLING && state[1] != CALLING
	:: else -> skip
	fi;
	if
	:: is_fast ->
	   assert(owed_to == peer); /* nobody else answers from this server's reply object */
	   owed_to = NOBODY;
	   state[t] = RECEIVING;
#ifdef SEED_EARLY_RECEIVE
	   is_receiving = 1;
	   switch_to(me, peer);
#else
	   switch_to(me, peer);
	   is_receiving = 1;
#endif
	   mode[me] = OUT;
	   atomic { take_answer(peer, word); word = 0; peer = 0 }
	:: else ->
	   peer = 0;
	   lock_exclusive(me);
	   atomic {
		drain(me);
		if
		:: current[me] == t -> answer_general(t); receive_general(me, t)
		:: else -> skip
		fi;
		choose(me)
	   };
	   unlock(me)
	fi
}

/* --- interrupts --- */
inline kill(me, t)
{
	lock_exclusive(me);
	atomic { drain(me) };
	if
	:: state[t] != DEAD && current[OTHER(me)] == t -> /* it is taken off its CPU */
	   attended[OTHER(me)] = 1;
	   mode[OTHER(me)] != OUT;
	   atomic { current[OTHER(me)] = NOBODY; bury(t) }
	:: state[t] != DEAD && current[OTHER(me)] != t ->
	   atomic {
		if
		:: current[me] == t -> current[me] = NOBODY
		:: else -> skip
		fi;
		bury(t)
	   }
	:: else -> skip
	fi;
	atomic { choose(me) };
	unlock(me)
}

inline time_out(me, t)
{
	lock_exclusive(me);
	atomic {
		drain(me);
		if
		:: timed[t] && WAITS(t) -> make_ready(t); cancel(t)
		:: else -> skip
		fi;
		choose(me)
	};
	unlock(me)
}

inline look(me)
{
	lock_exclusive(me);
	atomic { drain(me); choose(me) };
	unlock(me)
}

#define IS_ANY_READY (state[0] == READY || state[1] == READY || state[2] == READY)
#define IS_CLIENT(me) (current[me] < CLIENTS)

proctype cpu(byte me)
{
	byte t, peer, word;
	bit is_fast;

end:
	do
	:: attended[me] -> look(me)
	:: atomic {
		!attended[me] && IS_CLIENT(me) && calls_left[current[me]] > 0 ->
		t = current[me];
		calls_left[t]--;
		asks[t] = 1;
		words[t] = t;
		word = t;
		if
		:: timed[t] = 0
		:: TIME_OUTS -> timed[t] = 1
		fi
	   };
	   call(me, t, word, is_fast);
	   t = 0; word = 0; is_fast = 0
	:: atomic {
		!attended[me] && current[me] == SERVER ->
		t = SERVER;
		words[t] = serves;
		word = serves;
		serves = NOBODY
	   };
	   reply_receive(me, t, peer, word, is_fast);
	   t = 0; word = 0; is_fast = 0
	:: atomic { IS_CLIENT(me) && calls_left[current[me]] == 0 -> t = current[me] };
	   kill(me, t); /* it exits */
	   t = 0
	:: !attended[me] && current[me] == NOBODY && IS_ANY_READY -> look(me)
	:: timed[0] && WAITS(0) -> time_out(me, 0)
	:: timed[1] && WAITS(1) -> time_out(me, 1)
	:: atomic {
		kills_left > 0 ->
		kills_left--;
		if
		:: t = 0
		:: t = 1
		:: t = SERVER
		fi
	   };
	   kill(me, t);
	   t = 0
	od
}

init
{
	atomic { run cpu(0); run cpu(1) }
}

/* When nothing can happen any more, nobody waits for an answer. */
active proctype rest()
{
end:
	timeout;
	assert(!WAITS(0) && !WAITS(1))
}
