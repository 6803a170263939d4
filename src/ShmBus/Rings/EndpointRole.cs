namespace ShmBus.Rings;

/// <summary>The two kinds of endpoint.</summary>
public enum EndpointRole
{
    /// <summary>Writes messages.</summary>
    Publisher,

    /// <summary>Reads messages.</summary>
    Subscriber,
}
