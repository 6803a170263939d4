namespace ShmBus.Perf;

/// <summary>A run that cannot go on or whose result is worthless; the message is all that the user needs.</summary>
internal sealed class PerfException(string message) : Exception(message);
