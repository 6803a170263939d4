/*
 * The topic that evicts: publishers go on without a subscriber that lags, which copies and then looks at its own state. The rules are
 * those of LAYOUT.md, 'Eviction', 'Room in a broadcast', and 'Taking over a slot' for whoever has the subscriber's slot next.
 *
 * A position counts records, all of one size, and begins at CAPACITY. The eviction lag is the capacity. A record is its stamp and two
 * words. Accesses of one side happen in any order in which no barrier, acquire or release stands between them; a compare-and-swap
 * is a full fence. What one sees, all see.
 *
 * -D turns one rule into a mistake. Each must be caught; see README.md.
 */
#define CAPACITY 2
#define PUBLISHERS 2
#ifndef MESSAGES
#define MESSAGES 2          /* of each publisher */
#endif
#ifndef OWNERS
#define OWNERS 3            /* of the subscriber slot, one after the other */
#endif

/* What is in the region. */
byte tail = CAPACITY;
byte sharedGate = CAPACITY;
byte stamp[CAPACITY];       /* a stamp is its position; what an earlier lap left stays */
byte first[CAPACITY];       /* so is each word of the payload */
byte second[CAPACITY];
#define AT(position) ((position) % CAPACITY)
#define IS_STAMPED(position) (stamp[AT(position)] == (position))

/* The subscriber slot. */
#define FREE 0
#define JOINING 1
#define ACTIVE 2
#define EVICTED 3
byte state;
byte generation;
byte gate = CAPACITY;

/* What really happened, for the assertions. */
byte gone;                  /* publishers that are done */
byte claimed[PUBLISHERS];      /* where each has a claim open; 0: none */

/* What the slot needs, at a tail of t: the tail for nothing, 0 for everything. Its state is loaded before its gate. */
#ifdef JOINING_NEEDS_GATE
#define NEEDS_GATE (state == ACTIVE || state == JOINING)
#else
#define NEEDS_GATE (state == ACTIVE)
#endif
#define LEAST(least) \
    if \
    :: d_step { !NEEDS_GATE && state == JOINING -> least = 0 } \
    :: d_step { !NEEDS_GATE && state != JOINING -> least = t } \
    :: NEEDS_GATE -> d_step { least = gate; if :: least > t -> least = t :: else fi } \
    fi

/* State and generation at once. */
#ifdef CAS_WITHOUT_GENERATION
#define IS_AS_SEEN (state == ACTIVE)
#else
#define IS_AS_SEEN (state == ACTIVE && generation == seen)
#endif
#define EVICT \
    if \
    :: d_step { IS_AS_SEEN -> assert(generation == seen); state = EVICTED } \
    :: !IS_AS_SEEN \
    fi

/*
 * Nobody publishes over another's open claim. How they see it is not modelled: see README.md, 'What is left out'.
 */
#ifdef OPEN_CLAIMS_ARE_LAPPED
#define MAY_CLAIM true
#else
#define MAY_CLAIM (claimed[1 - me] == 0 || t - claimed[1 - me] < CAPACITY)
#endif

/* Which accesses to one record have happened. */
#define FIRST 1
#define SECOND 2
#define STATE 4
#define HAS(access) (happened & (access))
#define ACCESS(access, condition, what) d_step { !HAS(access) && (condition) -> what; happened = happened | access }

#define FORGET t = 0; least = 0; lesser = 0; seen = 0

proctype Publisher(byte me) {
    byte t, least, lesser, seen, happened, sent, limit = 2 * CAPACITY;
#ifdef GOES_ON_BEFORE_CAS
    bool isToEvict;
#endif

publish:
    t = tail;
    if
    :: t + 1 <= limit -> goto claim
    :: else
    fi;

    LEAST(least);
    if
    :: least + CAPACITY >= t + 1
    :: else ->
        if :: d_step { seen = generation; lesser = state } fi;
        if
        :: lesser != ACTIVE || gate + CAPACITY >= t + 1 -> goto noRoom
        :: lesser == ACTIVE && gate + CAPACITY < t + 1
        fi;
#ifdef GOES_ON_BEFORE_CAS
        if :: d_step { isToEvict = true; limit = t + 1 } fi;
        goto claim;
#else
        EVICT;
#endif
    fi;
    /* Room was made, or is there. */
    LEAST(least);
    if :: d_step { if :: sharedGate < least -> sharedGate = least :: else fi } fi;
#ifdef NO_SECOND_LOOK
    lesser = least;
#else
    LEAST(lesser);
#endif
    if :: d_step { limit = (least < lesser -> least : lesser) + CAPACITY; least = 0; lesser = 0; seen = 0 } fi;
    if
    :: t + 1 <= limit -> goto claim
    :: else
    fi;

noRoom:
    /* Or the look was a little too old: look again. */
    if :: d_step { FORGET } fi;
    goto publish;

claim:
    if
    :: d_step { tail == t && MAY_CLAIM -> tail = t + 1; claimed[me] = t }
    :: d_step { tail != t -> FORGET }; goto publish
    fi;
    do
    :: ACCESS(FIRST, true, first[AT(t)] = t)
    :: ACCESS(SECOND, true, second[AT(t)] = t)
    :: happened == (FIRST | SECOND) -> break
    od;
    if :: d_step { stamp[AT(t)] = t; claimed[me] = 0 } fi;
#ifdef GOES_ON_BEFORE_CAS
    if
    :: isToEvict -> isToEvict = false; EVICT;
    :: else
    fi;
#endif
    if :: d_step { FORGET; happened = 0; sent++ } fi;
    if
    :: sent < MESSAGES -> goto publish
    :: else -> gone++
    fi
}

proctype Subscriber() {
    byte p, t, a, b, found, happened;

join:
#ifdef NO_FENCE_OF_JOINER
    p = sharedGate;
    d_step { generation++; state = JOINING };
#else
    /* By one store. */
    if :: d_step { generation++; state = JOINING } fi;
    p = sharedGate;
#endif
    t = tail;
    if
    :: p = t                /* begins at the end */
    :: t - p > CAPACITY / 2 -> d_step { p = t - CAPACITY / 2; if :: IS_STAMPED(p) :: else -> p = t fi }
    :: t - p <= CAPACITY / 2
    fi;
    gate = p;
    d_step { state = ACTIVE; t = 0 };

look:
    if
    :: IS_STAMPED(p)
    :: !IS_STAMPED(p) -> goto nothing
    fi;
    do
    :: ACCESS(FIRST, true, a = first[AT(p)])
    :: ACCESS(SECOND, true, b = second[AT(p)])
#ifdef NO_LOAD_BARRIER
    :: ACCESS(STATE, true, found = state)
#else
    :: ACCESS(STATE, HAS(FIRST) && HAS(SECOND), found = state)
#endif
    :: happened == (FIRST | SECOND | STATE) -> break
    od;
#ifndef NO_TEST
    if
    :: found == EVICTED -> goto leave
    :: found == ACTIVE
    fi;
#endif
    /* The copy is believed. */
    if :: d_step { assert(a == p && b == p); p++; a = 0; b = 0; found = 0; happened = 0 } fi;
    if
    :: gate = p
    :: true                 /* gate lags behind */
    :: goto leave
    fi;
    goto look;

nothing:
#ifndef NO_TEST_WITHOUT_STAMP
    if
    :: state == EVICTED -> goto leave
    :: state == ACTIVE
    fi;
#endif
    gate = p;
    /* A look in vain changes nothing: the next one is when something is there. */
    if
    :: IS_STAMPED(p) -> goto look
#ifndef NO_TEST_WITHOUT_STAMP
    :: state == EVICTED -> goto leave
#endif
    /* Nothing will ever happen any more. A subscriber that is neither at the tail nor told of it now hangs. */
    :: gone == PUBLISHERS && !IS_STAMPED(p) && p == tail -> goto done
    fi;

leave:
    if :: d_step { a = 0; b = 0; found = 0; happened = 0; if :: state == ACTIVE -> gate = p; state = FREE :: else fi } fi;
    p = 0;
    if
    :: generation < OWNERS -> goto join
    :: true
    fi;

done:
    skip
}

init {
    atomic { run Publisher(0); run Publisher(1); run Subscriber() }
}
