/*
 * The topic that overwrites: its one producer never looks for room, a reader copies and then looks at the tail. The rules are those of
 * LAYOUT.md, 'Overwriting'.
 *
 * A position counts units, and begins at CAPACITY. A unit is two words; a word is loaded and stored whole. A record is one unit, stamp
 * and length, or two, with a payload of two words. So a payload goes over what was a stamp, and the other way round.
 *
 * Accesses of one side happen in any order in which no barrier, acquire or release stands between them. What one sees, all see.
 *
 * -D turns one rule into a mistake. Each must be caught; see README.md.
 */
#define CAPACITY 4
#ifndef MESSAGES
#define MESSAGES 6
#endif
#define LAST_POSITION (CAPACITY + 2 * MESSAGES)

/* What is in the region. No two kinds of words look alike: payloads do not imitate stamps. */
#define STAMP(position) ((position) * 4 + 1)
#define LENGTH(units) ((units) * 4 + 2)
#define PAYLOAD(position) ((position) * 4 + 3)
byte word[2 * CAPACITY];
byte tail = CAPACITY;
#define WORD(position, i) word[2 * ((position) % CAPACITY) + (i)]
#define IS_STAMPED(position) (WORD(position, 0) == STAMP(position))
#define IS_PASSED(tail) ((tail) - p > CAPACITY)

/* What really happened, for the assertions. */
byte units[LAST_POSITION + 1];      /* of the record that begins here; 0: none does */
bool finished;
#define IS_BOUNDARY(position) (units[position] != 0 || (position) == tail)

/* Which of a side's accesses to one record have happened. */
#define TAIL 1
#define SIZE 2
#define FIRST 4
#define SECOND 8
#define ALL 15
#define HAS(access) (happened & (access))
#define ACCESS(access, condition, what) d_step { !HAS(access) && (condition) -> what; happened = happened | access }

/* The stamp is a release; so is the tail, which comes after all of the record before. */
active proctype Producer() {
    byte t = CAPACITY, n, happened, sent;

    do
    :: sent == MESSAGES -> break
    :: sent < MESSAGES ->
        if
        :: n = 1; happened = FIRST | SECOND
        :: n = 2
        fi;
        units[t] = n;
        do
#ifdef TAIL_AFTER_RECORD
        :: ACCESS(TAIL, HAS(SIZE) && HAS(FIRST) && HAS(SECOND), tail = t + n)
#else
        :: ACCESS(TAIL, true, tail = t + n)
#endif
#if defined(TAIL_AFTER_RECORD) || defined(NO_STORE_BARRIER)
#define MAY_STORE true
#else
#define MAY_STORE HAS(TAIL)
#endif
        :: ACCESS(SIZE, MAY_STORE, WORD(t, 1) = LENGTH(n))
        :: ACCESS(FIRST, MAY_STORE, WORD(t + 1, 0) = PAYLOAD(t))
        :: ACCESS(SECOND, MAY_STORE, WORD(t + 1, 1) = PAYLOAD(t))
        :: happened == ALL -> break
        od;
        if :: d_step { WORD(t, 0) = STAMP(t); t = t + n; n = 0; happened = 0; sent++ } fi
    od;
    finished = true
}

active proctype Reader() {
    byte p = CAPACITY, q, seen, size, first, second, happened;

look:
    /* An acquire: what is read for this record is read after it. */
    if
    :: IS_STAMPED(p)
    :: !IS_STAMPED(p) -> goto nothing
    fi;
    do
    :: ACCESS(SIZE, true, size = WORD(p, 1))
    :: ACCESS(FIRST, true, first = WORD(p + 1, 0))
    :: ACCESS(SECOND, true, second = WORD(p + 1, 1))
#ifdef NO_LOAD_BARRIER
    :: ACCESS(TAIL, true, seen = tail)
#else
    :: ACCESS(TAIL, HAS(SIZE) && HAS(FIRST) && HAS(SECOND), seen = tail)
#endif
    :: happened == ALL -> break
    od;
#ifndef NO_TEST
    if
    :: IS_PASSED(seen) -> goto passed
    :: else
    fi;
#endif
    /* The copy is believed. */
    if
    :: d_step {
            assert(size == LENGTH(units[p]));
            assert(units[p] == 1 || (first == PAYLOAD(p) && second == PAYLOAD(p)));
            p = p + units[p];
            seen = 0; size = 0; first = 0; second = 0; happened = 0
       }
    fi;
    goto look;

nothing:
#ifndef NO_TEST_WITHOUT_STAMP
    seen = tail;
    if
    :: IS_PASSED(seen) -> goto passed
    :: else -> seen = 0
    fi;
#endif
    /* A look in vain changes nothing: the next one is when something is there. */
    if
    :: IS_STAMPED(p) -> goto look
#ifndef NO_TEST_WITHOUT_STAMP
    :: IS_PASSED(tail) -> goto look
#endif
    /* Nothing will ever happen any more. A reader that is not at the tail now hangs, which Spin reports as an invalid end state. */
    :: finished && p == tail -> goto done
    fi;

passed:
    if :: d_step { size = 0; first = 0; second = 0; happened = 0; seen = tail; q = seen - CAPACITY / 2 } fi;
#ifndef GOES_ON_UNSTAMPED
    do
    :: d_step { q < seen && !IS_STAMPED(q) -> q++ }
    :: q == seen || IS_STAMPED(q) -> break
    od;
#endif
    if :: d_step { assert(q > p && IS_BOUNDARY(q)); p = q; q = 0; seen = 0 } fi;
    goto look;

done:
    skip
}
