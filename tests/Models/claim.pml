/*
 * Many publishers on one ring: claim, commit, die, be succeeded; and the subscriber that reads, waits, and skips what the dead
 * left. The rules are those of LAYOUT.md: 'Publishing', 'Reading', 'Holes', 'Taking over a slot'.
 *
 * A position counts units of the ring, and begins at CAPACITY, so 0 is 'none'. A claim is one or two units. Memory is
 * sequentially consistent here; park.pml is where store buffers matter.
 *
 * -D turns one rule into a mistake. Each must be caught; see README.md.
 */
#ifndef CAPACITY
#define CAPACITY 4
#endif
#define PUBLISHERS 2
#define MESSAGES 2          /* of each slot, over all its owners */
#ifndef KILLS
#define KILLS 2             /* in all: of any owners, each at any step */
#endif
#define LAST_POSITION (CAPACITY + 2 * PUBLISHERS * MESSAGES)

#define AT(position) ((position) % CAPACITY)
#define STAMP(position, kind) ((position) * 2 + (kind))
#ifdef STAMP_WITHOUT_POSITION
#define IS_STAMPED(position) (stamp[AT(position)] != 0)
#else
#define IS_STAMPED(position) (stamp[AT(position)] / 2 == (position))
#endif
#define LEFT_OVER 1         /* what has been read or skipped: the stamp of a position below CAPACITY */
#define EMPTY(position) \
    length[AT(position)] = 0; payload[AT(position)] = 0; \
    if :: stamp[AT(position)] != 0 -> stamp[AT(position)] = LEFT_OVER :: else fi
#define MESSAGE 0
#define BATCH 1             /* two messages in one claim, with one stamp */

/* What is in the region. */
byte tail = CAPACITY;
byte intent[PUBLISHERS];
bool alive[PUBLISHERS] = true;      /* the lock on the slot */
byte gate = CAPACITY;
byte stamp[CAPACITY];               /* what an earlier lap left stays */
byte length[CAPACITY];              /* in units, in the first one of a claim */
byte payload[CAPACITY];             /* which message this unit belongs to: 4 * slot + number */

/* Sleeping, as park.pml proves it: what wakes after 'seen' was read ends the sleep. */
bool woken;

/* What really happened, for the assertions. */
#define OPEN 1
#define COMMITTED 2
#define DEAD 3
byte fate[LAST_POSITION + 1];       /* of the claim that begins here; 0 for none, and for one that was passed */
byte gone;                          /* slots that nobody will use any more */

byte kills = KILLS;

#define FORGET t = 0; n = 0; kind = 0

/* A step, or death instead. Steps that only read need none: who dies before the next one that writes dies there. */
#define DIE kills--; alive[me] = false; FORGET; goto dead
#define STEP(what) if :: d_step { what } :: atomic { kills > 0 -> DIE } fi
#define STEP_OF_CLAIM(what) if :: d_step { what } :: atomic { kills > 0 -> fate[t] = DEAD; next = next + 1 + kind; DIE } fi

proctype Publisher(byte me) {
    byte t, n, kind, next = 1;

publish:
    do
    :: next > MESSAGES -> break
    /* A small one and a great one, in one slot this way round, in the other that way; or both small, as a batch. */
    :: next <= MESSAGES -> n = 1 + (me + next + 1) % 2; kind = MESSAGE; goto claim
    :: next < MESSAGES -> n = 2; kind = BATCH; goto claim
    od;
    goto done;

claim:
    if
    :: d_step { tail + n <= gate + CAPACITY -> t = tail }
    :: tail + n > gate + CAPACITY -> goto noRoom
    fi;
#ifdef FETCH_AND_ADD
    STEP(intent[me] = t);
    STEP(t = tail; tail = t + n; fate[t] = OPEN);
    STEP_OF_CLAIM(intent[me] = t);
#else
#ifndef INTENT_AFTER_CAS
    STEP(intent[me] = t);
#endif
    if
    :: d_step { tail == t -> tail = t + n; fate[t] = OPEN }
    :: tail != t -> goto claim
    :: atomic { kills > 0 -> DIE }
    fi;
#ifdef INTENT_AFTER_CAS
    STEP_OF_CLAIM(intent[me] = t);
#endif
#endif
    STEP_OF_CLAIM(length[AT(t)] = n; payload[AT(t)] = 4 * me + next);
    if
    :: n == 2 ->
        STEP_OF_CLAIM(payload[AT(t + 1)] = 4 * me + next + kind);
#ifdef STAMP_INSIDE
        if :: kind == BATCH -> STEP_OF_CLAIM(length[AT(t + 1)] = 1; stamp[AT(t + 1)] = STAMP(t + 1, MESSAGE)) :: else fi
#endif
    :: else
    fi;
    STEP_OF_CLAIM(stamp[AT(t)] = STAMP(t, kind); fate[t] = COMMITTED; next = next + 1 + kind);
    STEP(woken = true; FORGET);
    goto publish;

noRoom:
#ifndef FULL_KEEPS_INTENT
    STEP(intent[me] = 0);
#endif
    /* 'Full' is reported: this message is not sent. */
#ifdef FULL_DOES_NOT_WAKE
    STEP(next = next + 1 + kind; FORGET);
#else
    STEP(woken = true; next = next + 1 + kind; FORGET);
#endif
    goto publish;

dead:
    /* The death watch sees it. Or not, as a new owner has the lock already: waking the subscriber is then up to that one. */
    if
    :: woken = true; if :: true :: goto done fi
    :: true
    fi;
    /* A new owner, which may also be killed at any step. */
    alive[me] = true;
#ifndef TAKE_OVER_KEEPS_INTENT
    STEP(intent[me] = 0);
#endif
#ifndef TAKE_OVER_DOES_NOT_WAKE
    STEP(woken = true);
#endif
    goto publish;

done:
    gone++
}

proctype Subscriber() {
    byte p = CAPACITY, t0, e, q, kind, number;
    byte last[PUBLISHERS];
    bool mayClaim[PUBLISHERS];

look:
    woken = false;
    if :: IS_STAMPED(p) -> goto take :: else fi;

    /* 1 */
#ifdef TAIL_AFTER_INTENTS
    e = LAST_POSITION;
#else
    d_step { t0 = tail; e = t0 }
    if :: t0 == p -> goto sleep :: else fi;
#endif
#ifdef STAMPS_BEFORE_INTENTS
    q = p + 1;
    do
    :: q < e -> if :: IS_STAMPED(q) -> e = q :: else -> q++ fi
    :: else -> break
    od;
    assert(q >= e);
#endif
    /* 2 */
    d_step { mayClaim[0] = intent[0] == p; if :: intent[0] > p && intent[0] < e -> e = intent[0] :: else fi }
    d_step { mayClaim[1] = intent[1] == p; if :: intent[1] > p && intent[1] < e -> e = intent[1] :: else fi }
#ifdef TAIL_AFTER_INTENTS
    d_step { t0 = tail; if :: e > t0 -> e = t0 :: else fi }
    if :: t0 == p -> goto sleep :: else fi;
#endif
    if :: mayClaim[0] && alive[0] -> goto sleep :: else fi;
    if :: mayClaim[1] && alive[1] -> goto sleep :: else fi;
    /* 3 */
#ifndef NO_SECOND_LOOK
    if :: IS_STAMPED(p) -> goto take :: else fi;
#endif
    /* 4 */
#ifndef STAMPS_BEFORE_INTENTS
    q = p + 1;
    do
    :: q < e -> if :: IS_STAMPED(q) -> e = q :: else -> q++ fi
    :: else -> break
    od;
#endif
    /* 5: a loss. Nothing but what dead owners left open, and up to where another claim begins. */
    assert(e > p);
    d_step {
        q = p;
        do
        :: q < e ->
            assert(fate[q] == 0 || fate[q] == DEAD);
            fate[q] = 0; EMPTY(q);
            q++
        :: else -> break
        od;
        assert(e == tail || fate[e] != 0);
        p = e; gate = e; q = 0
    }
    goto look;

take:
    if :: d_step { mayClaim[0] = false; mayClaim[1] = false; t0 = 0; q = 0; e = p + length[AT(p)]; kind = stamp[AT(p)] % 2 } fi;
#ifdef GATE_BEFORE_READING
    gate = e;
#endif
    /* The first unit, and the second. */
    d_step {
        number = payload[AT(p)];
        assert(fate[p] == COMMITTED && number % 4 != 0);
        assert(number % 4 > last[number / 4]);
        last[number / 4] = number % 4
    }
    if
    :: e - p == 2 -> d_step {
            assert(payload[AT(p + 1)] == number + kind);
            last[number / 4] = last[number / 4] + kind
       }
    :: else -> assert(kind == MESSAGE)
    fi;
    d_step {
        assert(e == tail || fate[e] != 0);
        fate[p] = 0;
#ifndef GATE_BEFORE_READING
        /* What was read is of no use: it is emptied, for fewer states. Stamps stay. */
        q = p;
        do :: q < e -> EMPTY(q); q++ :: else -> break od;
#endif
        p = e; gate = e; e = 0; q = 0; number = 0; kind = 0
    }
    goto look;

sleep:
    if :: d_step { mayClaim[0] = false; mayClaim[1] = false; t0 = 0; e = 0; q = 0 } fi;
    if
    :: woken -> goto look
    /* Nothing will ever happen any more. Whoever is not at the tail now hangs, which Spin reports as an invalid end state. */
    :: gone == PUBLISHERS && !woken && p == tail
    fi
}

init {
    atomic { run Publisher(0); run Publisher(1); run Subscriber() }
}
