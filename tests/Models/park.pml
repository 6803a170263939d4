/*
 * Going to sleep, waking, and dying: LAYOUT.md 'Parking and waking' and 'Deaths'. Two wakers and one sleeper, with store buffers.
 *
 * Messages: a waker is a publisher that claims and stamps, the sleeper is the subscriber.
 * Room: a waker is a subscriber that stores resume and then gate, the sleeper is the publisher that is short of room.
 * Both are the same: a waker stores twice for each thing that it hands over. After the first store (claim, resume) only its death
 * makes that available (to skip, or to go by resume); after the second (stamp, gate) it is there for all.
 *
 * Store buffers, as on x64: what a waker stores waits in order until it drains at any time, or by a fence; the same for what
 * the sleeper stores to 'parked'. Atomic increments, ORs and ANDs are fences. All that a waker stores is a count of its stores:
 * 'issued' what it did itself, 'visible' what others see of that.
 *
 * -D turns one rule into a mistake. Each must be caught; see README.md.
 */
#define WAKERS 2
#ifndef MESSAGES
#define MESSAGES 2                      /* of the first waker; the other has one */
#endif

/* What is in the region, as all see it. */
byte visible[WAKERS];                   /* stores of each waker. Of a living one in pairs: nobody acts on the first of two */
bool summary;                           /* the sleeper's bit */
byte parked = 8;
byte word;                              /* the futex word, as the sleeper finds it: */
#define NOT_READ 0
#define AS_READ 1
#define BUMPED 2
#define BUMP if :: word == AS_READ -> word = BUMPED :: else fi

/* Store buffers hold the difference to these. */
byte issued[WAKERS];
byte parkedIssued = 8;
#define FENCE_OF_WAKER visible[me] = issued[me]
#define FENCE_OF_SLEEPER parked = parkedIssued

/* What wakers remember: the sleep that they are about to wake, and the one that they woke last. */
byte sleep[WAKERS];
byte woken[WAKERS];

/*
 * Numbers of sleeps are only compared with 'parked', which counts up. So 8 of them in a circle are enough, when those that
 * are past become OLD, which is none of the 8. When all are past, the circle begins anew.
 */
#define OLD 1
#define NEXT(number) (8 + (number + 1) % 8)
#define IS_PAST(number) (number != 0 && number != OLD && (parkedIssued - number + 8) % 8 > (parkedIssued - parked + 8) % 8)
#define AGE(number, past) if :: IS_PAST(number) -> number = past :: else fi
#ifdef NUMBER_REUSED
#define AGE_ALL skip
#else
#define AGE_ALL AGE(sleep[0], OLD); AGE(sleep[1], OLD); AGE(woken[0], 0); AGE(woken[1], 0)
#endif
#define BEGIN_ANEW if :: parked == parkedIssued && parked % 2 == 0 -> parked = 8; parkedIssued = 8 :: else fi
#define COUNT_UP(number) number = NEXT(number)

/* The kernel. */
bool isAsleep;                          /* in the futex call */
bool isRegistered[WAKERS];              /* for membarrier */
bool isDead[WAKERS];                    /* its slot's lock is free */
bool died;                              /* the death watch has still to look */
bool isWatching;                        /* the sleeper's process has a death watch */

/* What really happened, for the assertions. */
byte told[WAKERS];                      /* of one that was stopped: its stores up to its last complete wake */
bool isStopped[WAKERS];
byte quiet;                             /* wakers that do nothing any more: done, dead, or stopped for good */
byte taken[WAKERS];                     /* what the sleeper, or the one before it, has got */

#ifndef FAULTS
#define FAULTS 1                        /* in all: wakers killed, wakers stopped, sleepers killed, futex calls that return early */
#endif
byte faults = FAULTS;

/*
 * A store of a waker; or it is killed instead, or stopped and never continued. Steps that store nothing need no such choice:
 * who is killed there might as well be killed before its next store.
 */
#define W_STEP(what, unfinished) \
    if :: d_step { what } \
    :: atomic { faults > 0 -> faults--; FENCE_OF_WAKER; isDead[me] = true; died = true; goto gone } \
    :: atomic { faults > 0 -> faults--; isStopped[me] = true; told[me] = issued[me] - unfinished; goto gone } fi

proctype Waker(byte me) {
    do
    :: issued[me] == 2 * (me == 0 -> MESSAGES : 1) -> break
    :: else ->
        W_STEP(issued[me]++, 0);
        W_STEP(issued[me]++, 1);
        /* 1 */
#ifndef NO_FENCE_UNREGISTERED
        if :: isRegistered[me] :: else -> FENCE_OF_WAKER fi;
#endif
        /* 2 */
        if
        :: !summary
        :: summary ->
            /* 3 */
#ifndef NO_FENCE_OF_WAKER
            FENCE_OF_WAKER;
#endif
            /* 4 */
            if
#ifdef NUMBER_NOT_REMEMBERED
            :: parked % 2 == 0
            :: d_step { parked % 2 == 1 -> sleep[me] = parked }
#else
            :: parked % 2 == 0 || parked == woken[me]
            :: d_step { parked % 2 == 1 && parked != woken[me] -> sleep[me] = parked }
#endif
            fi;
            if
            :: sleep[me] == 0
            :: else ->
#ifdef WAKER_CLEARS
                /* By compare-and-swap, so that it clears no later sleep. */
                W_STEP(if
                       :: parked == sleep[me] && parkedIssued == sleep[me] -> COUNT_UP(parked); COUNT_UP(parkedIssued)
                       :: else
                       fi, 2);
#endif
                W_STEP(FENCE_OF_WAKER; BUMP, 2);
                assert(sleep[me] != woken[me]);       /* no second call for one sleep */
                W_STEP(isAsleep = false; woken[me] = (sleep[me] == OLD -> 0 : sleep[me]); sleep[me] = 0, 2)
            fi
        fi
    od;
gone:
    atomic { quiet++; sleep[me] = 0; woken[me] = 0 }
}

active proctype StoreBuffers() {
end:
    do
    :: d_step { visible[0] / 2 < issued[0] / 2 -> visible[0] = visible[0] + 2 }
    :: d_step { visible[1] / 2 < issued[1] / 2 -> visible[1] = visible[1] + 2 }
    :: d_step { parked != parkedIssued -> COUNT_UP(parked) }
    od
}

/* A thread of the sleeper's process. Looks once the lock of the dead is free. */
active proctype DeathWatch() {
end:
    do
    :: d_step { died -> died = false;
#ifndef NO_DEATH_WATCH
                if :: isWatching -> BUMP; isAsleep = false :: else fi
#endif
              }
    od
}

/* A store of the sleeper; or it is killed instead. What else it stores, its successor clears or does not look at. */
#define S_STEP(what) if :: d_step { what } :: atomic { faults > 0 -> faults--; goto killed } fi

/* What waker w has handed over, or left behind. That the real steps of such a look are right is what claim.pml shows. */
#define HAS_NEW(w) (visible[w] / 2 > taken[w] / 2 || (isDead[w] && visible[w] != taken[w]))
#define LOOK_AT(w) \
    if \
    :: d_step { HAS_NEW(w) -> taken[w] = (isDead[w] -> visible[w] : visible[w] - visible[w] % 2); found = true } \
    :: !HAS_NEW(w) \
    fi
#define LOOK LOOK_AT(0); if :: found :: else -> LOOK_AT(1) fi

/* The barrier comes to each processor at a time of its own. A dead waker's stores are there already. */
#define MEMBARRIER_AT(w) \
    if \
    :: d_step { isRegistered[w] && !isDead[w] -> visible[w] = issued[w] - issued[w] % 2 } \
    :: !isRegistered[w] || isDead[w] \
    fi

/* Sleeping is over for now: take the bit back. */
#define STAY_AWAKE atomic { true -> summary = false; FENCE_OF_SLEEPER; isSeenByAll = false }

#define HAS_ALL(w) (isStopped[w] -> taken[w] / 2 >= told[w] / 2 : taken[w] == issued[w])

proctype Sleeper() {
    bool found, isSeenByAll;

    isWatching = true;
awake:
    LOOK;
    if
    :: found ->
        found = false;
        /* It got something without sleeping, or an eighth of the ring was read. */
        if
        :: summary -> STAY_AWAKE
        :: true
        fi;
        goto awake
    :: else
    fi;

park:
#ifndef WORD_READ_LATE
    /* 1 */
    word = AS_READ;
#endif
    /* 2 */
    S_STEP(AGE_ALL; BEGIN_ANEW; if :: parkedIssued % 2 == 0 -> COUNT_UP(parkedIssued) :: else fi);
    /* 3 */
    if
    :: isSeenByAll && summary ->
#ifndef NO_FENCE_OF_SLEEPER
        FENCE_OF_SLEEPER
#endif
    :: else ->
        atomic { true -> summary = true; FENCE_OF_SLEEPER };
#ifndef NO_MEMBARRIER
        MEMBARRIER_AT(0);
        MEMBARRIER_AT(1);
#endif
        isSeenByAll = true
    fi;
    /* 4 */
#ifndef NO_LAST_LOOK
    LOOK;
#endif
    if
    :: found ->
        found = false;
        S_STEP(word = NOT_READ; COUNT_UP(parkedIssued));
        STAY_AWAKE;
        goto awake
    :: else
    fi;
#ifdef WORD_READ_LATE
    word = AS_READ;
#endif
    /* 5 */
    if :: word == BUMPED :: atomic { word != BUMPED -> isAsleep = true } fi;
    if
    :: !isAsleep
    :: d_step { isAsleep && faults > 0 -> faults--; isAsleep = false }
    :: atomic { faults > 0 -> faults--; goto killed }
    /* Nothing will ever happen any more. A sleeper that does not have all now sleeps for good, which Spin reports. */
    :: isAsleep && quiet == WAKERS && !died && HAS_ALL(0) && HAS_ALL(1) -> goto done
    fi;
    /* 6 */
#ifdef NUMBER_REUSED
    S_STEP(word = NOT_READ; parkedIssued--; FENCE_OF_SLEEPER);
#else
    S_STEP(word = NOT_READ; COUNT_UP(parkedIssued));
#endif
    LOOK;
    if
    :: found -> found = false; goto awake
    :: else -> goto park
    fi;

killed:
    atomic { FENCE_OF_SLEEPER; word = NOT_READ; isAsleep = false; isWatching = false; isSeenByAll = false; found = false }
    /* Its slot's next owner. */
#ifndef TAKE_OVER_KEEPS_PARKED
    if :: parkedIssued % 2 == 1 -> COUNT_UP(parkedIssued) :: else fi;
#endif
    d_step { summary = false; FENCE_OF_SLEEPER }
    isWatching = true;
    goto awake;

done:
    skip
}

init {
    atomic {
        if
        :: isRegistered[0] = true
        :: isRegistered[1] = true
        :: isRegistered[0] = true; isRegistered[1] = true
        :: true
        fi;
        run Waker(0); run Waker(1); run Sleeper()
    }
}
