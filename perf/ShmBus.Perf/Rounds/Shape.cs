namespace ShmBus.Perf.Rounds;

/// <summary>Who takes part in a round, and when messages are sent.</summary>
/// <param name="Producers">How many there are; the first is main.</param>
/// <param name="Subscribers">How many there are, each in a process of its own, each of which gets every message.</param>
/// <param name="Gap">A pause before each message, in which whoever waits for it goes to sleep.</param>
/// <param name="Rate">Messages a second; 0 for as many as go.</param>
/// <param name="IdleTime">How long nothing is sent in the end, while both sides are looked at.</param>
internal sealed record Shape(int Producers = 1, int Subscribers = 1, TimeSpan Gap = default, int Rate = 0, TimeSpan IdleTime = default);
