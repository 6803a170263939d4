using ShmBus.Tests.House.Samples.Upper;

namespace ShmBus.Tests.House.Samples.Lower;

/// <summary>In a file of its own: the compiler copies the constant, so that only the <c>using</c> tells.</summary>
internal sealed class ByConstant
{
    internal int Use() => Target.Constant;
}
