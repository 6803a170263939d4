namespace ShmBus.Hosting;

/// <summary>What becomes of a message that could not be handled, after all retries.</summary>
public enum ErrorAction
{
    /// <summary>The host stops, with an error. The message is not delivered: the next start begins with it. The default, since nothing is lost by it, unless messages count as
    /// delivered before they are handled (<see cref="Acknowledge.BeforeHandling"/>), or a broadcast keeps no place (<see cref="HandlerSettings.Place"/>).</summary>
    StopHost,

    /// <summary>It goes to a topic of its own (<see cref="HandlerSettings.DeadLetterTopic"/>), with why, and the next one follows.</summary>
    DeadLetter,

    /// <summary>It is logged and counted, and the next one follows: the message is lost.</summary>
    Skip,
}
