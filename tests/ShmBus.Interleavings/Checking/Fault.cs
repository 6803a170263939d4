namespace ShmBus.Interleavings.Checking;

/// <summary>Something done in a wrong order, or not at all. The checks must notice each.</summary>
internal enum Fault
{
    None,

    /// <summary>The intent is stored after the tail has moved.</summary>
    StoresIntentAfterTail,

    /// <summary>Who lost the race for a place and finds no other leaves its intent there.</summary>
    GivesUpWithIntent,

    /// <summary>Who gave its intent up wakes nobody.</summary>
    GivesUpWithoutWaking,

    /// <summary>The tail is moved whatever it is by now.</summary>
    MovesTailUnconditionally,

    /// <summary>The stamp comes before the second half of the payload.</summary>
    StampsBeforePayload,

    /// <summary>The next owner of a publisher's slot leaves the intent of the last one there.</summary>
    TakeOverKeepsIntent,

    /// <summary>The next owner of a publisher's slot wakes nobody.</summary>
    TakeOverWakesNobody,

    /// <summary>The next owner of a subscriber's slot wakes nobody.</summary>
    SubscriberJoinsWithoutWaking,

    /// <summary>A subscriber at a hole reads the intents, then the tail.</summary>
    ReadsIntentsBeforeTail,

    /// <summary>A subscriber skips a hole without a second look at its stamp.</summary>
    SkipsWithoutSecondLook,

    /// <summary>A subscriber skips a hole up to the tail, whatever intents lie between.</summary>
    SkipsToTheTail,

    /// <summary>A subscriber skips a hole whoever its owner is: what a time-out would do.</summary>
    TakesPausedForDead,

    /// <summary>A sleeping subscriber passes aborted claims by and does not give their room back.</summary>
    KeepsTheRoomOfAborted,

    /// <summary>A publisher takes a subscriber for dead that has come since it asked.</summary>
    TakesSuccessorForDead,

    /// <summary>Publishers take what a living subscriber has taken for what it is done with.</summary>
    OverwritesWhatIsInHand,

    /// <summary>At-least-once acknowledges before the handling, at-most-once after it.</summary>
    AcknowledgesAtTheWrongTime,

    /// <summary>Who joins a broadcast does not say that it is joining.</summary>
    JoinsWithoutSayingSo,

    /// <summary>Publishers take what is shared for what the subscribers need, where that is more.</summary>
    GoesByWhatIsShared,

    /// <summary>A subscriber counts the generation of its slot up, and then says that it is joining.</summary>
    TakesOverInTwoSteps,

    /// <summary>A subscriber leaves, and wakes nobody when its slot is free.</summary>
    LeavesWithoutWaking,

    /// <summary>A publisher does not ask whether those who hold back room live.</summary>
    NeverAsksWhoIsDead,

    /// <summary>Publishers take a kept place for one that nobody goes on at.</summary>
    TakesPlacesForNothing,

    /// <summary>A copy is believed, whatever was written over the original meanwhile.</summary>
    BelievesEveryCopy,

    /// <summary>A publisher evicts whoever has the slot by then.</summary>
    EvictsByStateAlone,
}
